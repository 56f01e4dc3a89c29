// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.givenTo;
import static org.crashlane.model.fault.CallFaults.mappedSize;
import static org.crashlane.model.fault.CallFaults.reachNotAsked;
import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.iommu.gart.Registers.ApertureBase;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.Registers.TableBase;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in the mapping driver of the GART: all it stores are entries, two to a word. There is
 * nothing to arm and nothing to reserve, and so nothing to do wrong there.
 */
final class GartFaults {
  private static final FaultMaker MAKE = new FaultMaker(MappingMode.GART);
  private static final RequesterId SECOND = RequesterId.parse("00:19.3");
  private static final BitField HIGH_BUT_THE_TOP = BitField.bits("bits 38:32 of 39:32", 6, 0);
  private static final BitField HIGH_ENTRY = BitField.bits("odd entry", 63, 32);
  private static final BitField LOW_ENTRY = BitField.bits("even entry", 31, 0);

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          MAKE.driver(
              "not-enabled",
              "the apertures are never switched on",
              RegisterFault.altered(at(Registers.APERTURECTL), e -> ApertureCtl.GARTEN.with(e, 0))),
          MAKE.driver(
              "aperture-base-off",
              "the apertures lie 32 MiB above the addresses that are handed out",
              RegisterFault.altered(
                  at(Registers.APERTUREBASE), v -> v + ApertureBase.APERBASE.of(1))),
          MAKE.driver(
              "table-base-off",
              "the table is looked for a page behind its place",
              RegisterFault.altered(at(Registers.TABLEBASE), v -> v + TableBase.TBLBASE.of(1))),
          MAKE.driver(
              "second-northbridge-forgotten",
              "one of two northbridges is not set up",
              RegisterFault.lost(a -> ConfigAddress.function(a).equals(SECOND))),
          MAKE.driver("big-endian", "entries are stored big-endian", entries(GartFaults::turned)),
          MAKE.driver("not-valid", "entries lack VALID", entries(e -> Gpte.VALID.with(e, 0))),
          MAKE.driver(
              "high-bits-lost",
              "entries lose bits 39:32 of the address",
              entries(e -> Gpte.PHYS_39_32.with(e, 0))),
          MAKE.driver(
              "highest-bit-lost",
              "entries lose bit 39 of the address",
              entries(e -> Gpte.PHYS_39_32.with(e, HIGH_BUT_THE_TOP.get(Gpte.PHYS_39_32.get(e))))),
          MAKE.driver(
              "not-flushed",
              "no northbridge's cache is ever flushed",
              RegisterFault.lost(at(Registers.CACHECTL))),
          MAKE.driver(
              "second-northbridge-not-flushed",
              "the first northbridge's cache alone is flushed",
              RegisterFault.lost(
                  a -> at(Registers.CACHECTL).test(a) && ConfigAddress.function(a).equals(SECOND))),
          MAKE.driver(
              "neighbour-lost",
              "the entry in the other half of the word is cleared",
              GartFaults::withoutNeighbour),
          MAKE.call(
              "mapped-two-entries-late",
              "buffers are mapped by the word of entries behind theirs",
              whileMapping(StoreFault.shifted(Long.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "mapped-to-next-page",
              "buffers are mapped to the pages behind them",
              whileMapping(entries(e -> e + Gpte.PHYS_31_12.of(1)), RegisterFault.NONE)),
          MAKE.call(
              "last-page-not-mapped",
              "of a buffer of several pages the last is not mapped",
              mappedSize(CallFaults::withoutLastPage)),
          MAKE.call(
              "unmaps-two-entries-late",
              "unmapping changes the word of entries behind the right one",
              whileUnmapping(StoreFault.shifted(Long.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "reach-not-asked", "every device is taken to reach all memory", reachNotAsked()),
          MAKE.call(
              "address-off-by-a-page",
              "devices are given the address of the page before",
              givenTo(bus -> bus - PageFrames.PAGE_BYTES)));

  private GartFaults() {}

  private static LongPredicate at(Register register) {
    return address -> ConfigAddress.offset(address) == register.offset();
  }

  /** {@return each entry of a word that is changed, and is valid, is stored otherwise} */
  private static StoreFault entries(LongUnaryOperator wrong) {
    return (memory, address, word) -> {
      long before = memory.readLong(address);
      long stored = altered(HIGH_ENTRY, before, word, wrong);
      memory.writeLong(address, altered(LOW_ENTRY, before, stored, wrong));
    };
  }

  private static long altered(BitField half, long before, long word, LongUnaryOperator wrong) {
    long entry = half.get(word);
    return entry == half.get(before) || !Gpte.isValid(entry)
        ? word
        : half.with(word, LOW_ENTRY.get(wrong.applyAsLong(entry)));
  }

  private static long turned(long entry) {
    return Integer.toUnsignedLong(Integer.reverseBytes((int) entry));
  }

  private static void withoutNeighbour(WritableMemory memory, long address, long word) {
    long before = memory.readLong(address);
    boolean onlyLow = HIGH_ENTRY.get(before) == HIGH_ENTRY.get(word);
    memory.writeLong(address, (onlyLow ? LOW_ENTRY : HIGH_ENTRY).inPlace(word));
  }
}
