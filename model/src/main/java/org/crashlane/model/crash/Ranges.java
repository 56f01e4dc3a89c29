// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;

/** Sets of address ranges. */
final class Ranges {
  private static final AddressRange BELOW_4_GIB = new AddressRange(0, 0xffff_ffffL);

  private Ranges() {}

  /** {@return what of {@code all} is in none of {@code taken}, in the order of {@code all}} */
  static List<AddressRange> without(List<AddressRange> all, List<AddressRange> taken) {
    List<AddressRange> left = all;
    for (AddressRange out : taken) {
      left = left.stream().flatMap(range -> range.without(out).stream()).toList();
    }
    return left;
  }

  /**
   * {@return the first half of {@code ranges} by size, whole pages; the second is what {@link
   * #without} leaves}
   */
  static List<AddressRange> firstHalf(List<AddressRange> ranges) {
    return firstPart(ranges, ranges.stream().mapToLong(AddressRange::sizeBytes).sum() / 2);
  }

  /** {@return the first {@code sizeBytes} of {@code ranges}, rounded down to whole pages} */
  static List<AddressRange> firstPart(List<AddressRange> ranges, long sizeBytes) {
    long left = sizeBytes & -Page.BYTES;
    List<AddressRange> half = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (left > 0) {
        half.add(AddressRange.ofSize(range.first(), Math.min(left, range.sizeBytes())));
        left -= Math.min(left, range.sizeBytes());
      }
    }
    return half;
  }

  /** {@return the machine's memory and what firmware has beside it, in rising order} */
  static List<AddressRange> withFirmwareMemory(MachineSpec machine) {
    List<AddressRange> all = new ArrayList<>(machine.ram());
    for (ReservedMemory memory : machine.firmwareMemory()) {
      all.addAll(without(List.of(memory.range()), all));
    }
    all.sort(null);
    return all;
  }

  /** {@return what both have; each in rising order, and so is what is returned} */
  static List<AddressRange> common(List<AddressRange> some, List<AddressRange> others) {
    List<AddressRange> common = new ArrayList<>();
    for (int i = 0, j = 0; i < some.size() && j < others.size(); ) {
      some.get(i).intersection(others.get(j)).ifPresent(common::add);
      if (Long.compareUnsigned(some.get(i).last(), others.get(j).last()) < 0) {
        i++;
      } else {
        j++;
      }
    }
    return common;
  }

  /** {@return what of {@code ranges} lies below 4 GiB} */
  static List<AddressRange> below4Gib(List<AddressRange> ranges) {
    List<AddressRange> low = new ArrayList<>();
    ranges.forEach(range -> range.intersection(BELOW_4_GIB).ifPresent(low::add));
    return low;
  }
}
