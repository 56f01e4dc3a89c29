// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;

/** Which addresses a device can put on the bus, if that is known. */
public sealed interface DmaMask {

  /**
   * It is known.
   *
   * @param last the highest address, unsigned
   */
  record Known(long last) implements DmaMask {
    /** {@return the addresses, from 0} */
    public AddressRange reach() {
      return new AddressRange(0, last);
    }
  }

  /** It is not known: which is neither all addresses nor none. */
  enum Unknown implements DmaMask {
    INSTANCE
  }

  /** {@return true unless all of {@code range} is known to lie beyond} */
  default boolean mayReach(AddressRange range) {
    return switch (this) {
      case Known known -> known.reach().overlaps(range);
      case Unknown _ -> true;
    };
  }

  /** {@return the mask of a device with {@code bits} address bits, 1 to 64} */
  static DmaMask ofBits(int bits) {
    return new Known(BitField.lowMask(bits));
  }

  /** {@return a mask that is not known} */
  static DmaMask unknown() {
    return Unknown.INSTANCE;
  }
}
