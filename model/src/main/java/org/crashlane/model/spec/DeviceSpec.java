// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.BitField;
import org.crashlane.pci.RequesterId;

/**
 * A device of the machine.
 *
 * @param name for people; no two devices share one
 * @param address its own bus, device and function
 * @param alias the requester id that its requests carry where that is not its own: the bridge's
 * @param kind what it does
 * @param dmaMaskBits how many address bits it can put on the bus, 1 to 64: its streaming mask
 * @param coherentMaskBits how many address bits its rings and commands may have, 1 to 64: its
 *     coherent mask
 * @param unit the name of the IOMMU unit, PHB or northbridge that it is behind; empty where the
 *     mode has none
 * @param traits what else holds of it
 */
public record DeviceSpec(
    String name,
    RequesterId address,
    Optional<RequesterId> alias,
    DeviceKind kind,
    int dmaMaskBits,
    int coherentMaskBits,
    String unit,
    Set<Trait> traits) {

  /** What may hold of a device. */
  public enum Trait {
    /** The capture kernel writes the dump through it. */
    ON_DUMP_PATH("dump-path"),
    /** The capture kernel's driver resets it before it uses it. */
    RESET_BY_DRIVER("driver-resets"),
    /**
     * It stops at a blocked request until it is reset; otherwise it goes on with the next command.
     */
    STOPS_ON_FAULT("stops-on-fault"),
    /** The primary gave it to a virtual machine. */
    ASSIGNED_TO_GUEST("assigned-to-guest"),
    /** The primary lets its requests pass untranslated. */
    PASS_THROUGH("pass-through");

    private final String label;

    Trait(String label) {
      this.label = label;
    }

    /** {@return its name in machine files} */
    public String label() {
      return label;
    }
  }

  public DeviceSpec {
    checkBits(dmaMaskBits);
    checkBits(coherentMaskBits);
    Set<Trait> own = EnumSet.noneOf(Trait.class);
    own.addAll(traits);
    traits = Collections.unmodifiableSet(own);
  }

  /** A device whose coherent mask is its streaming mask, as most drivers set it. */
  public DeviceSpec(
      String name,
      RequesterId address,
      Optional<RequesterId> alias,
      DeviceKind kind,
      int dmaMaskBits,
      String unit,
      Trait... traits) {
    this(name, address, alias, kind, dmaMaskBits, dmaMaskBits, unit, Set.of(traits));
  }

  /** {@return the device on a machine that has no IOMMU in use: no guest can own it} */
  public DeviceSpec withoutUnit() {
    return new DeviceSpec(name, address, alias, kind, dmaMaskBits, coherentMaskBits, "", traits)
        .with(Trait.ASSIGNED_TO_GUEST, false)
        .with(Trait.PASS_THROUGH, false);
  }

  /** {@return the device of which {@code trait} holds, or does not} */
  public DeviceSpec with(Trait trait, boolean holds) {
    Set<Trait> changed = EnumSet.of(trait);
    changed.addAll(traits);
    if (!holds) {
      changed.remove(trait);
    }
    return new DeviceSpec(name, address, alias, kind, dmaMaskBits, coherentMaskBits, unit, changed);
  }

  /** {@return true if the capture kernel writes the dump through it} */
  public boolean onDumpPath() {
    return traits.contains(Trait.ON_DUMP_PATH);
  }

  /** {@return true if the capture kernel's driver resets it before it uses it} */
  public boolean resetByDriver() {
    return traits.contains(Trait.RESET_BY_DRIVER);
  }

  /** {@return true if it stops at a blocked request until it is reset} */
  public boolean stopsOnFault() {
    return traits.contains(Trait.STOPS_ON_FAULT);
  }

  /** {@return true if the primary gave it to a virtual machine} */
  public boolean assignedToGuest() {
    return traits.contains(Trait.ASSIGNED_TO_GUEST);
  }

  /** {@return true if the primary lets its requests pass untranslated} */
  public boolean passThrough() {
    return traits.contains(Trait.PASS_THROUGH);
  }

  private static void checkBits(int bits) {
    if (bits < 1 || bits > Long.SIZE) {
      throw new IllegalArgumentException("DMA mask of " + bits + " bits: expected 1 to 64");
    }
  }

  /** {@return the requester id that its requests carry} */
  public RequesterId requester() {
    return alias.orElse(address);
  }

  /** {@return the highest address that it can put on the bus, unsigned} */
  public long dmaMask() {
    return BitField.lowMask(dmaMaskBits);
  }

  /** {@return the device as it shows when rings and commands are mapped for it} */
  public DeviceSpec coherently() {
    return coherentMaskBits >= dmaMaskBits
        ? this
        : new DeviceSpec(
            name, address, alias, kind, coherentMaskBits, coherentMaskBits, unit, traits);
  }

  /** {@return the highest address that its rings and commands may have, unsigned} */
  public long coherentMask() {
    return BitField.lowMask(Math.min(coherentMaskBits, dmaMaskBits));
  }

  @Override
  public String toString() {
    return address + " " + name;
  }
}
