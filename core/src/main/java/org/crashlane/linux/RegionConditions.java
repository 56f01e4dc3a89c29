// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.memory.AddressRange;

/** When the rules of {@link LinuxRule} about memory that firmware's devices use apply. */
final class RegionConditions {
  private RegionConditions() {}

  static Stream<TableProblem> inInterruptWindow(List<MappedRegion> regions) {
    return regions.stream()
        .filter(region -> region.range().overlaps(InterruptWindow.RANGE))
        .map(region ->
            at(
                region,
                "%s lies in the interrupt window %s: requests there are interrupts and never"
                        .formatted(text(region), InterruptWindow.RANGE)
                    + " translated"));
  }

  static Stream<TableProblem> atZero(List<MappedRegion> regions) {
    return regions.stream()
        .filter(region -> region.range().first() == 0)
        .map(region -> at(region, "%s begins with page 0".formatted(text(region))));
  }

  static Stream<TableProblem> beyond(int widthBits, List<MappedRegion> regions) {
    long reachable = BitField.lowMask(widthBits);
    return regions.stream()
        .filter(region -> Long.compareUnsigned(region.range().last(), reachable) > 0)
        .map(region ->
            at(
                region,
                "%s goes beyond the %d bits of a physical address"
                    .formatted(text(region), widthBits)));
  }

  static Stream<TableProblem> overlapping(List<MappedRegion> regions) {
    List<MappedRegion> sorted =
        regions.stream()
            .sorted(
                Comparator.comparingInt(MappedRegion::segment).thenComparing(MappedRegion::range))
            .toList();
    List<TableProblem> found = new ArrayList<>();
    // A region may reach beyond the next one, into others behind it.
    int highest = 0;
    for (int i = 1; i < sorted.size(); i++) {
      MappedRegion region = sorted.get(i);
      MappedRegion before = sorted.get(highest);
      boolean together = region.segment() == before.segment();
      AddressRange reached = before.range();
      if (together && region.range().overlaps(reached) && !region.range().equals(reached)) {
        found.add(at(region, "%s overlaps %s".formatted(text(region), reached)));
      }
      if (!together || Long.compareUnsigned(region.range().last(), reached.last()) > 0) {
        highest = i;
      }
    }

    return found.stream();
  }

  private static String text(MappedRegion region) {
    return "the %s %s".formatted(region.name(), region.range());
  }

  private static TableProblem at(MappedRegion region, String reason) {
    return new TableProblem(region.at().offset(), reason);
  }
}
