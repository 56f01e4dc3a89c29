// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.mappedFor;
import static org.crashlane.model.fault.CallFaults.mappedSize;
import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in the mapping driver of VT-d, its arming apart. While it maps, all words that it stores
 * are entries of second-level tables, zeros where a table is new, and context entries of a device's
 * first mapping. While it unmaps, it stores zeros.
 */
final class VtdFaults {
  private static final BitField LOW_32 = BitField.bits("low half", 31, 0);
  private static final BitField OFFSET = BitField.bits("offset in a unit's registers", 11, 0);

  /** Where the model's units, as QEMU's, have the registers that IRO of ECAP leads to. */
  private static final int IVA = 0xf0;

  private static final int IOTLB = IVA + Long.BYTES;

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          driver(
              "not-enabled",
              "translation is never switched on",
              RegisterFault.altered(at(Registers.GCMD), e -> Gsts.TES.with(e, 0))),
          driver(
              "root-off-by-a-page",
              "the root table is looked for a page behind its place",
              RegisterFault.altered(at(Registers.RTADDR), v -> v + Rtaddr.RTA.of(1))),
          driver(
              "tables-not-cleared",
              "new tables keep what memory held before",
              StoreFault.LOST.when(word -> word == 0)),
          call("big-endian", "entries are stored big-endian", mapping(Long::reverseBytes)),
          call("not-writable", "entries lack W", mapping(e -> SecondLevelEntry.W.with(e, 0))),
          call("not-readable", "entries lack R", mapping(e -> SecondLevelEntry.R.with(e, 0))),
          call(
              "target-cut-to-32-bits",
              "entries lose the target's bits from 32 up",
              mapping(LOW_32::inPlace)),
          call(
              "mapped-to-next-page",
              "buffers are mapped to the pages behind them",
              mapping(entry -> entry + PageFrames.PAGE_BYTES)),
          call(
              "mapped-one-entry-late",
              "buffers are mapped by the entries behind theirs",
              whileMapping(StoreFault.shifted(Long.BYTES), RegisterFault.NONE)),
          call(
              "direction-swapped",
              "what a device shall write is mapped for reading, and the other way round",
              mappedFor(CallFaults::swapped)),
          call(
              "last-page-not-mapped",
              "of a buffer of several pages the last is not mapped",
              mappedSize(CallFaults::withoutLastPage)),
          call(
              "not-flushed",
              "the IOTLB is not invalidated while unmapping",
              whileUnmapping(StoreFault.NONE, RegisterFault.lost(at(IOTLB)))),
          call(
              "flushed-next-page",
              "the IOTLB is invalidated for the page behind",
              flushing(IVA, v -> v + Iva.ADDR.of(1))),
          call(
              "flushed-first-page-only",
              "the IOTLB is invalidated for the first page of a run",
              flushing(IVA, e -> Iva.AM.with(e, 0))),
          call(
              "flushed-other-domain",
              "the IOTLB is invalidated for the domain behind",
              flushing(IOTLB, v -> v + Iotlb.DID.of(1))),
          call(
              "not-cleared",
              "entries stay while their addresses are handed out again",
              whileUnmapping(StoreFault.LOST, RegisterFault.NONE)),
          call(
              "unmaps-one-entry-late",
              "unmapping clears the entries behind those that it should",
              whileUnmapping(StoreFault.shifted(Long.BYTES), RegisterFault.NONE)));

  private VtdFaults() {}

  private static SeededFault call(String name, String wrong, CallFault fault) {
    return SeededFault.of(MappingMode.VTD, name, wrong, fault);
  }

  private static SeededFault driver(String name, String wrong, StoreFault stores) {
    return SeededFault.of(MappingMode.VTD, name, wrong, stores, RegisterFault.NONE);
  }

  private static SeededFault driver(String name, String wrong, RegisterFault registers) {
    return SeededFault.of(MappingMode.VTD, name, wrong, StoreFault.NONE, registers);
  }

  /** {@return words that are not zero are stored otherwise while a buffer is mapped} */
  private static CallFault mapping(LongUnaryOperator wrong) {
    return whileMapping(StoreFault.altered(wrong).when(word -> word != 0), RegisterFault.NONE);
  }

  private static CallFault flushing(int offset, LongUnaryOperator wrong) {
    return whileUnmapping(StoreFault.NONE, RegisterFault.altered(at(offset), wrong));
  }

  private static LongPredicate at(int offset) {
    return address -> OFFSET.get(address) == offset;
  }
}
