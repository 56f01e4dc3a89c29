// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Hex;

/**
 * The registers of a unit: Linux asks for them as a resource of its own, which no two units get.
 *
 * @param at where the unit's structure stands
 * @param base physical address of the first
 * @param bytes how many bytes they take
 */
record RegisterRange(Extent at, long base, long bytes) {

  /** {@return a problem for each unit whose registers another unit's overlap} */
  static Stream<TableProblem> overlaps(List<RegisterRange> units) {
    List<RegisterRange> byAddress =
        units.stream()
            .sorted((one, other) -> Long.compareUnsigned(one.base(), other.base()))
            .toList();
    List<TableProblem> found = new ArrayList<>();
    for (int i = 1; i < byAddress.size(); i++) {
      RegisterRange before = byAddress.get(i - 1);
      RegisterRange unit = byAddress.get(i);
      if (Long.compareUnsigned(unit.base() - before.base(), before.bytes()) < 0) {
        RegisterRange later = unit.at().offset() > before.at().offset() ? unit : before;
        found.add(
            new TableProblem(
                later.at().offset(),
                "the registers at %s overlap those at %s, which take %s bytes"
                    .formatted(
                        Hex.of(unit.base()), Hex.of(before.base()), Hex.of(before.bytes()))));
      }
    }
    return found.stream();
  }
}
