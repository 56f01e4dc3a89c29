// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.Optional;
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
 * @param onDumpPath true if the capture kernel writes the dump through it
 * @param resetByDriver true if the capture kernel's driver resets it before it uses it
 * @param stopsOnFault true if it stops at a blocked request until it is reset; otherwise it goes on
 *     with the next command
 * @param assignedToGuest true if the primary gave it to a virtual machine
 * @param passThrough true if the primary lets its requests pass untranslated
 */
public record DeviceSpec(
    String name,
    RequesterId address,
    Optional<RequesterId> alias,
    DeviceKind kind,
    int dmaMaskBits,
    int coherentMaskBits,
    String unit,
    boolean onDumpPath,
    boolean resetByDriver,
    boolean stopsOnFault,
    boolean assignedToGuest,
    boolean passThrough) {

  public DeviceSpec {
    checkBits(dmaMaskBits);
    checkBits(coherentMaskBits);
  }

  /** A device whose coherent mask is its streaming mask, as most drivers set it. */
  public DeviceSpec(
      String name,
      RequesterId address,
      Optional<RequesterId> alias,
      DeviceKind kind,
      int dmaMaskBits,
      String unit,
      boolean onDumpPath,
      boolean resetByDriver,
      boolean stopsOnFault,
      boolean assignedToGuest,
      boolean passThrough) {
    this(
        name,
        address,
        alias,
        kind,
        dmaMaskBits,
        dmaMaskBits,
        unit,
        onDumpPath,
        resetByDriver,
        stopsOnFault,
        assignedToGuest,
        passThrough);
  }

  /** {@return the device on a machine that has no IOMMU in use: no guest can own it} */
  public DeviceSpec withoutUnit() {
    return with(dmaMaskBits, coherentMaskBits, "", false, false);
  }

  private DeviceSpec with(
      int streamingBits, int coherentBits, String otherUnit, boolean guests, boolean passes) {
    return new DeviceSpec(
        name,
        address,
        alias,
        kind,
        streamingBits,
        coherentBits,
        otherUnit,
        onDumpPath,
        resetByDriver,
        stopsOnFault,
        guests,
        passes);
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
        : with(coherentMaskBits, coherentMaskBits, unit, assignedToGuest, passThrough);
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
