// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.arming;
import static org.crashlane.model.fault.CallFaults.reserving;
import static org.crashlane.model.fault.CallFaults.whileArming;
import static org.crashlane.model.fault.RangeFaults.firstOnly;
import static org.crashlane.model.fault.RangeFaults.grown;
import static org.crashlane.model.fault.RangeFaults.none;
import static org.crashlane.model.fault.RangeFaults.right;
import static org.crashlane.model.fault.RangeFaults.withoutFirst;
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
          call("arm-one-page-short", "the last page is not armed", arming(grown(0, -1), right())),
          call("arm-one-page-late", "the first page is not armed", arming(grown(-1, 0), right())),
          call("arm-first-range-only", "one of two is armed", arming(firstOnly(), right())),
          call(
              "arm-forgets-first-device",
              "one of two devices on the dump path is not armed",
              arming(right(), withoutFirst())),
          call(
              "arm-forgets-last-device",
              "the other device on the dump path is not armed",
              arming(right(), withoutLast())),
          call("no-reserve", "armed, but not kept free", reserving(none(), right())),
          call(
              "reserve-one-page-short",
              "the last page of each crash range may be handed out",
              reserving(grown(0, -1), right())),
          call(
              "reserve-one-page-late",
              "the first page of each crash range may be handed out",
              reserving(grown(-1, 0), right())),
          call(
              "reserve-first-range-only",
              "one of two is kept free",
              reserving(firstOnly(), right())),
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
