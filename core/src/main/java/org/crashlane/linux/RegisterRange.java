// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.acpi.Extent;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Size;
import org.crashlane.memory.AddressRange;

/**
 * The registers of a unit: Linux asks for them as a resource of its own, which no two units get.
 *
 * @param at where the unit's structure is
 * @param base physical address of the first
 * @param bytes how many bytes they take
 */
record RegisterRange(Extent at, long base, long bytes) {

  private AddressRange range() {
    long last = base + bytes - 1;
    return new AddressRange(base, Long.compareUnsigned(last, base) < 0 ? -1 : last);
  }

  /** {@return a spot for each unit whose registers another unit's overlap} */
  static Stream<Spot> overlaps(List<RegisterRange> units) {
    return Overlaps.among(units, RegisterRange::range).stream()
        .map(pair -> {
          RegisterRange unit = pair.later();
          RegisterRange before = pair.before();
          long place = Math.max(unit.at().offset(), before.at().offset());
          return Spot.at(
              place, new At(unit.base()), new At(before.base()), new Size(before.bytes()));
        });
  }
}
