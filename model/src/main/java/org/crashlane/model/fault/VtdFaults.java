// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gcmd;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.model.mode.vtd.UnitRegisters;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in the mapping driver of VT-d that no other has. While it maps, all words that it stores
 * are entries of second-level tables, zeros where a table is new, and context entries of a device's
 * first mapping. While it unmaps, it stores zeros.
 */
final class VtdFaults {
  /** What it stores. */
  static final EntryWords WORDS =
      new EntryWords(
          MappingMode.VTD,
          word -> word != 0,
          SecondLevelEntry.R,
          SecondLevelEntry.W,
          SecondLevelEntry.ADDR,
          entry -> SecondLevelEntry.PS.with(entry, 0));

  private static final FaultMaker MAKE = new FaultMaker(MappingMode.VTD);
  private static final BitField OFFSET = BitField.bits("offset in a unit's registers", 11, 0);

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          MAKE.driver(
              "not-enabled",
              "translation is never switched on",
              RegisterFault.altered(at(Registers.GCMD), e -> Gcmd.TE.with(e, 0))),
          MAKE.driver(
              "root-off-by-a-page",
              "the root table is looked for a page behind its place",
              RegisterFault.altered(at(Registers.RTADDR), v -> v + Rtaddr.RTA.of(1))),
          MAKE.driver(
              "contexts-not-flushed",
              "a unit that remembers there was no context entry does not learn of a new one",
              RegisterFault.lost(at(Registers.CCMD))),
          MAKE.call(
              "not-cleared",
              "entries stay while their addresses are handed out again",
              whileUnmapping(StoreFault.LOST, RegisterFault.NONE)),
          MAKE.call(
              "not-flushed",
              "the IOTLB is not invalidated while unmapping",
              whileUnmapping(StoreFault.NONE, RegisterFault.lost(at(UnitRegisters.IOTLB)))),
          MAKE.call(
              "flushed-next-page",
              "the IOTLB is invalidated for the page behind",
              flushing(UnitRegisters.IVA, v -> v + Iva.ADDR.of(1))),
          MAKE.call(
              "flushed-first-page-only",
              "the IOTLB is invalidated for the first page of a run",
              flushing(UnitRegisters.IVA, e -> Iva.AM.with(e, 0))),
          MAKE.call(
              "flushed-other-domain",
              "the IOTLB is invalidated for the domain behind",
              flushing(UnitRegisters.IOTLB, v -> v + Iotlb.DID.of(1))));

  private VtdFaults() {}

  private static CallFault flushing(Register register, LongUnaryOperator wrong) {
    return whileUnmapping(StoreFault.NONE, RegisterFault.altered(at(register), wrong));
  }

  private static LongPredicate at(Register register) {
    return address -> OFFSET.get(address) == register.offset();
  }
}
