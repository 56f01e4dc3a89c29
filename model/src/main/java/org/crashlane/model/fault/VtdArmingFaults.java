// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.reserving;
import static org.crashlane.model.fault.CallFaults.whileArming;
import static org.crashlane.model.fault.RangeFaults.right;
import static org.crashlane.model.fault.RangeFaults.withoutLast;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in arming VT-d, and in keeping the crash range free. An identity entry is known by where
 * it leads: into the crash range, where no table is.
 */
final class VtdArmingFaults {
  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          call(
              "arm-not-writable",
              "identity entries lack W",
              leaves(e -> SecondLevelEntry.W.with(e, 0))),
          call(
              "arm-not-readable",
              "identity entries lack R",
              leaves(e -> SecondLevelEntry.R.with(e, 0))),
          call(
              "arm-to-next-page",
              "identity entries lead to the page behind",
              leaves(entry -> entry + PageFrames.PAGE_BYTES)),
          call(
              "arm-big-endian",
              "identity entries are stored big-endian",
              leaves(Long::reverseBytes)),
          call(
              "arm-large-as-table",
              "identity entries lack PS, which makes tables of large pages",
              leaves(e -> SecondLevelEntry.PS.with(e, 0))),
          call(
              "arm-one-entry-late",
              "each identity entry is stored in the place behind its own",
              whileArming(
                  ranges -> StoreFault.shifted(Long.BYTES).when(word -> leadsInto(ranges, word)),
                  RegisterFault.NONE)),
          call(
              "arm-stores-lost",
              "identity entries are not stored, but counted",
              whileArming(
                  ranges -> StoreFault.LOST.when(word -> leadsInto(ranges, word)),
                  RegisterFault.NONE)),
          call(
              "arm-tables-not-linked",
              "tables that arming made are not linked to those above",
              whileArming(
                  ranges -> StoreFault.LOST.when(word -> word != 0 && !leadsInto(ranges, word)),
                  RegisterFault.NONE)),
          call(
              "arm-tables-not-cleared",
              "tables that arming made keep what memory held before",
              whileArming(StoreFault.LOST.when(word -> word == 0), RegisterFault.NONE)),
          call(
              "reserve-forgets-last-device",
              "the crash range is not kept out of one device's addresses",
              reserving(right(), withoutLast())));

  private VtdArmingFaults() {}

  private static SeededFault call(String name, String wrong, CallFault fault) {
    return SeededFault.of(MappingMode.VTD, name, wrong, fault);
  }

  private static CallFault leaves(LongUnaryOperator wrong) {
    return whileArming(
        ranges -> StoreFault.altered(wrong).when(word -> leadsInto(ranges, word)),
        RegisterFault.NONE);
  }

  private static boolean leadsInto(List<AddressRange> ranges, long word) {
    long target = SecondLevelEntry.ADDR.inPlace(word);
    return word != 0 && ranges.stream().anyMatch(range -> range.contains(target));
  }
}
