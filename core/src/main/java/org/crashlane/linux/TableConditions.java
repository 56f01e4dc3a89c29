// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.acpi.Checksum;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Addresses;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;

/**
 * When those rules of {@link LinuxRule} apply that are alike for DMAR and IVRS tables: about
 * checksums, and about memory that firmware's devices use.
 */
final class TableConditions {
  private TableConditions() {}

  static Stream<Spot> wrongChecksum(TableUnits units) {
    return units.table().checksum() == Checksum.WRONG ? Stream.of(Spot.at(0)) : Stream.empty();
  }

  static Stream<Spot> inInterruptWindow(TableUnits units) {
    return units.regions().stream()
        .filter(region -> region.range().overlaps(InterruptWindow.RANGE))
        .map(region -> at(region, addresses(InterruptWindow.RANGE)));
  }

  static Stream<Spot> atZero(TableUnits units) {
    return units.regions().stream()
        .filter(region -> region.range().first() == 0)
        .map(region -> at(region));
  }

  static Stream<Spot> beyond(TableUnits units) {
    int widthBits = units.addressBits();
    long reachable = BitField.lowMask(widthBits);
    return units.regions().stream()
        .filter(region -> Long.compareUnsigned(region.range().last(), reachable) > 0)
        .map(region -> at(region, new Count(widthBits)));
  }

  static Stream<Spot> overlapping(TableUnits units) {
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
                        .map(region -> at(region, addresses(pair.before())))));
  }

  /** The name and the range of the region come first. */
  private static Spot at(MappedRegion region, Reason.Detail... more) {
    List<Reason.Detail> details = new ArrayList<>();
    details.add(new Name(region.name()));
    details.add(addresses(region.range()));
    details.addAll(List.of(more));
    return new Spot(region.at().offset(), details);
  }

  private static Reason.Detail addresses(AddressRange range) {
    return new Addresses(range.first(), range.last());
  }
}
