// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.reserving;
import static org.crashlane.model.fault.CallFaults.whileArming;
import static org.crashlane.model.fault.RangeFaults.right;
import static org.crashlane.model.fault.RangeFaults.withoutLast;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.crashlane.model.kernel.PageFrames;

/**
 * Mistakes in arming trees of page tables, and in keeping the crash range free. An identity entry
 * is known by where it leads: into the crash range, where no table is.
 */
final class PagingArmingFaults {
  private final EntryWords words;

  private PagingArmingFaults(EntryWords words) {
    this.words = words;
  }

  /** {@return all of them, in the mode of {@code words}} */
  static List<SeededFault> of(EntryWords words) {
    return new PagingArmingFaults(words).all(new FaultMaker(words.mode()));
  }

  private List<SeededFault> all(FaultMaker make) {
    return List.of(
        make.call(
            "arm-not-writable", "identity entries lack W", leaves(e -> words.write().with(e, 0))),
        make.call(
            "arm-not-readable", "identity entries lack R", leaves(e -> words.read().with(e, 0))),
        make.call(
            "arm-to-next-page",
            "identity entries lead to the page behind",
            leaves(entry -> entry + PageFrames.PAGE_BYTES)),
        make.call(
            "arm-big-endian", "identity entries are stored big-endian", leaves(Long::reverseBytes)),
        make.call(
            "arm-large-as-table",
            "identity entries of large pages say that they lead to tables",
            leaves(words.misread())),
        make.call(
            "arm-one-entry-late",
            "each identity entry is stored in the place behind its own",
            identity(StoreFault.shifted(Long.BYTES))),
        make.call(
            "arm-stores-lost",
            "identity entries are not stored, but counted",
            identity(StoreFault.LOST)),
        make.call(
            "arm-tables-not-linked",
            "tables that arming made are not linked to those above",
            whileArming(
                ranges ->
                    StoreFault.LOST.when(
                        word -> words.isEntry().test(word) && !words.leadsInto(ranges, word)),
                RegisterFault.NONE)),
        make.call(
            "arm-tables-not-cleared",
            "tables that arming made keep what memory held before",
            whileArming(StoreFault.LOST.when(word -> word == 0), RegisterFault.NONE)),
        make.call(
            "reserve-forgets-last-device",
            "the crash range is not kept out of one device's addresses",
            reserving(right(), withoutLast())));
  }

  private CallFault leaves(LongUnaryOperator wrong) {
    return identity(StoreFault.altered(wrong));
  }

  private CallFault identity(StoreFault fault) {
    return whileArming(
        ranges -> fault.when(word -> words.leadsInto(ranges, word)), RegisterFault.NONE);
  }
}
