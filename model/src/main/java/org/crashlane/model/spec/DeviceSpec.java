// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.crashlane.machine.Device;
import org.crashlane.machine.Device.Binding;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.pci.RequesterId;

/**
 * A device of a machine to crash: what is known of it, and how it and its drivers behave.
 *
 * @param device what is known of it; no two devices share a name
 * @param kind what it does
 * @param unit the name of the IOMMU unit, PHB or northbridge that it is behind; empty where the
 *     mode has none
 * @param traits how it behaves, without what {@code device} says
 */
public record DeviceSpec(Device device, DeviceKind kind, String unit, Set<Trait> traits) {
  private static final Set<Trait> OF_DEVICE = Set.of(Trait.ON_DUMP_PATH, Trait.ASSIGNED_TO_GUEST);

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
    Set<Trait> own = EnumSet.noneOf(Trait.class);
    own.addAll(traits);
    own.removeAll(OF_DEVICE);
    traits = Collections.unmodifiableSet(own);
  }

  /**
   * A device of a machine of which all is known.
   *
   * @param alias the requester id that its requests carry where that is not its own: the bridge's
   * @param dmaMaskBits how many address bits it can put on the bus, 1 to 64: its streaming mask
   * @param coherentMaskBits how many address bits its rings and commands may have, 1 to 64
   */
  public DeviceSpec(
      String name,
      RequesterId address,
      Optional<RequesterId> alias,
      DeviceKind kind,
      int dmaMaskBits,
      int coherentMaskBits,
      String unit,
      Set<Trait> traits) {
    this(
        new Device(
            address,
            alias.stream().toList(),
            name,
            Binding.UNKNOWN,
            traits.contains(Trait.ON_DUMP_PATH) ? DumpRole.NAMED : DumpRole.NONE,
            new DmaMasks(
                ofBits(dmaMaskBits), ofBits(Math.min(dmaMaskBits, checked(coherentMaskBits)))),
            traits.contains(Trait.ASSIGNED_TO_GUEST)),
        kind,
        unit,
        traits);
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

  private static DmaMask ofBits(int bits) {
    return DmaMask.ofBits(checked(bits));
  }

  private static int checked(int bits) {
    if (bits < 1 || bits > Long.SIZE) {
      throw new IllegalArgumentException("DMA mask of " + bits + " bits: expected 1 to 64");
    }
    return bits;
  }

  private DeviceSpec changed(int maskBits, String otherUnit, Set<Trait> others) {
    return new DeviceSpec(
        name(), address(), alias(), kind, maskBits, coherentMaskBits(), otherUnit, others);
  }

  /** {@return the device on a machine that has no IOMMU in use: no guest can own it} */
  public DeviceSpec withoutUnit() {
    return changed(dmaMaskBits(), "", all())
        .with(Trait.ASSIGNED_TO_GUEST, false)
        .with(Trait.PASS_THROUGH, false);
  }

  /** {@return the device of which {@code trait} holds, or does not} */
  public DeviceSpec with(Trait trait, boolean holds) {
    Set<Trait> others = all();
    if (holds) {
      others.add(trait);
    } else {
      others.remove(trait);
    }
    return changed(dmaMaskBits(), unit, others);
  }

  private Set<Trait> all() {
    Set<Trait> all = EnumSet.noneOf(Trait.class);
    all.addAll(traits);
    if (onDumpPath()) {
      all.add(Trait.ON_DUMP_PATH);
    }
    if (assignedToGuest()) {
      all.add(Trait.ASSIGNED_TO_GUEST);
    }
    return all;
  }

  /** {@return its name for people} */
  public String name() {
    return device.name();
  }

  /** {@return its own bus, device and function} */
  public RequesterId address() {
    return device.address();
  }

  /** {@return the requester id that its requests carry where that is not its own} */
  public Optional<RequesterId> alias() {
    return device.aliases().stream().findFirst();
  }

  /** {@return how many address bits it can put on the bus} */
  public int dmaMaskBits() {
    return Long.SIZE - Long.numberOfLeadingZeros(dmaMask());
  }

  /** {@return how many address bits its rings and commands may have} */
  public int coherentMaskBits() {
    return Long.SIZE - Long.numberOfLeadingZeros(coherentMask());
  }

  /** {@return true if the capture kernel writes the dump through it} */
  public boolean onDumpPath() {
    return device.onDumpPath();
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
    return device.assignedToGuest();
  }

  /** {@return true if the primary lets its requests pass untranslated} */
  public boolean passThrough() {
    return traits.contains(Trait.PASS_THROUGH);
  }

  /** {@return the requester id that its requests carry} */
  public RequesterId requester() {
    return device.requester();
  }

  /** {@return the highest address that it can put on the bus, unsigned} */
  public long dmaMask() {
    return last(device.masks().streaming());
  }

  /** {@return the highest address that its rings and commands may have, unsigned} */
  public long coherentMask() {
    return last(device.masks().coherent());
  }

  private static long last(DmaMask mask) {
    return switch (mask) {
      case DmaMask.Known known -> known.last();
      case DmaMask.Unknown _ -> throw new IllegalStateException("a mask of the model is not known");
    };
  }

  /** {@return the device as it shows when rings and commands are mapped for it} */
  public DeviceSpec coherently() {
    return coherentMask() == dmaMask() ? this : changed(coherentMaskBits(), unit, all());
  }

  @Override
  public String toString() {
    return address() + " " + name();
  }
}
