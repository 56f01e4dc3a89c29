// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.mappedFor;
import static org.crashlane.model.fault.CallFaults.mappedSize;
import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.crashlane.model.kernel.PageFrames;

/** Mistakes in mapping drivers that write trees of page tables. */
final class PagingFaults {
  private final EntryWords words;

  private PagingFaults(EntryWords words) {
    this.words = words;
  }

  /** {@return all of them, in the mode of {@code words}} */
  static List<SeededFault> of(EntryWords words) {
    return new PagingFaults(words).all(new FaultMaker(words.mode()));
  }

  private List<SeededFault> all(FaultMaker make) {
    return List.of(
        make.driver(
            "tables-not-cleared",
            "new tables keep what memory held before",
            StoreFault.LOST.when(word -> word == 0)),
        make.call("big-endian", "entries are stored big-endian", mapping(Long::reverseBytes)),
        make.call("not-writable", "entries lack W", mapping(e -> words.write().with(e, 0))),
        make.call("not-readable", "entries lack R", mapping(e -> words.read().with(e, 0))),
        cut(make, 32),
        cut(make, 36),
        cut(make, 40),
        cut(make, 46),
        cut(make, 51),
        make.call(
            "mapped-to-next-page",
            "buffers are mapped to the pages behind them",
            mapping(entry -> entry + PageFrames.PAGE_BYTES)),
        make.call(
            "mapped-one-entry-late",
            "buffers are mapped by the entries behind theirs",
            whileMapping(StoreFault.shifted(Long.BYTES).when(words.isEntry()), RegisterFault.NONE)),
        make.call(
            "direction-swapped",
            "what a device shall write is mapped for reading, and the other way round",
            mappedFor(CallFaults::swapped)),
        make.call(
            "last-page-not-mapped",
            "of a buffer of several pages the last is not mapped",
            mappedSize(CallFaults::withoutLastPage)),
        make.call(
            "unmaps-one-entry-late",
            "unmapping clears the entries behind those that it should",
            whileUnmapping(
                StoreFault.shifted(Long.BYTES).when(word -> word == 0), RegisterFault.NONE)));
  }

  private SeededFault cut(FaultMaker make, int bits) {
    return make.call(
        "target-cut-to-" + bits + "-bits",
        "entries lose the target's bits from " + bits + " up",
        mapping(entry -> words.cut(entry, bits)));
  }

  /** {@return entries are stored otherwise while a buffer is mapped} */
  private CallFault mapping(LongUnaryOperator wrong) {
    return whileMapping(StoreFault.altered(wrong).when(words.isEntry()), RegisterFault.NONE);
  }
}
