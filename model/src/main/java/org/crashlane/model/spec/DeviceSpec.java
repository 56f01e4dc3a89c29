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
 * @param dmaMaskBits how many address bits it can put on the bus, 1 to 64
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
    String unit,
    boolean onDumpPath,
    boolean resetByDriver,
    boolean stopsOnFault,
    boolean assignedToGuest,
    boolean passThrough) {

  public DeviceSpec {
    if (dmaMaskBits < 1 || dmaMaskBits > Long.SIZE) {
      throw new IllegalArgumentException("DMA mask of " + dmaMaskBits + " bits: 1 to 64 wanted");
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

  @Override
  public String toString() {
    return address + " " + name;
  }
}
