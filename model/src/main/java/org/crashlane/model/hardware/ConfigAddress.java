// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.bits.BitField;
import org.crashlane.pci.RequesterId;

/** Addresses in PCI configuration space, as PCI Express lays it out in memory (ECAM). */
public final class ConfigAddress {
  private static final BitField FUNCTION = BitField.bits("bus, device, function", 27, 12);
  private static final BitField OFFSET = BitField.bits("offset", 11, 0);

  /** Size of a function's configuration space. */
  public static final int SPACE_BYTES = 1 << OFFSET.width();

  private ConfigAddress() {}

  /** {@return the address of {@code offset} in the configuration space of {@code function}} */
  public static long of(RequesterId function, int offset) {
    return FUNCTION.of(function.value()) | OFFSET.of(offset);
  }

  /** {@return whose configuration space {@code address} is in} */
  public static RequesterId function(long address) {
    return new RequesterId((int) FUNCTION.get(address));
  }

  /** {@return the offset in it} */
  public static int offset(long address) {
    return (int) OFFSET.get(address);
  }
}
