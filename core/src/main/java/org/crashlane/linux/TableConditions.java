// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.acpi.Checksum;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;

/**
 * When those rules of {@link LinuxRule} apply that are alike for DMAR and IVRS tables: about
 * checksums, and about memory that firmware's devices use.
 */
final class TableConditions {
  private TableConditions() {}

  static Stream<TableProblem> wrongChecksum(TableUnits units) {
    return units.table().checksum() == Checksum.WRONG
        ? Stream.of(new TableProblem(0, "the table's bytes do not add up to 0"))
        : Stream.empty();
  }

  static Stream<TableProblem> inInterruptWindow(TableUnits units) {
    return units.regions().stream()
        .filter(region -> region.range().overlaps(InterruptWindow.RANGE))
        .map(region ->
            at(
                region,
                "%s lies in the interrupt window %s: requests there are interrupts and never"
                        .formatted(text(region), InterruptWindow.RANGE)
                    + " translated"));
  }

  static Stream<TableProblem> atZero(TableUnits units) {
    return units.regions().stream()
        .filter(region -> region.range().first() == 0)
        .map(region -> at(region, "%s begins with page 0".formatted(text(region))));
  }

  static Stream<TableProblem> beyond(TableUnits units) {
    int widthBits = units.addressBits();
    long reachable = BitField.lowMask(widthBits);
    return units.regions().stream()
        .filter(region -> Long.compareUnsigned(region.range().last(), reachable) > 0)
        .map(region ->
            at(
                region,
                "%s goes beyond the %d bits of a physical address"
                    .formatted(text(region), widthBits)));
  }

  static Stream<TableProblem> overlapping(TableUnits units) {
    // Two that are the same are one range, of several devices.
    Map<Integer, Map<AddressRange, List<MappedRegion>>> segments =
        units.regions().stream()
            .collect(
                Collectors.groupingBy(
                    MappedRegion::segment,
                    TreeMap::new,
                    Collectors.groupingBy(MappedRegion::range)));
    return segments.values().stream()
        .flatMap(ranges ->
            Overlaps.among(List.copyOf(ranges.keySet()), Function.identity()).stream()
                .flatMap(pair ->
                    ranges.get(pair.later()).stream()
                        .map(region ->
                            at(region, "%s overlaps %s".formatted(text(region), pair.before())))));
  }

  private static String text(MappedRegion region) {
    return "the %s %s".formatted(region.name(), region.range());
  }

  private static TableProblem at(MappedRegion region, String reason) {
    return new TableProblem(region.at().offset(), reason);
  }
}
