// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.mappedFor;
import static org.crashlane.model.fault.CallFaults.mappedSize;
import static org.crashlane.model.fault.CallFaults.whileArming;
import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.iommu.calgary.Tar;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.rehearsal.MappingMode;

/** Mistakes in the mapping driver of Calgary: all it stores are TCEs. */
final class CalgaryFaults {
  private static final FaultMaker MAKE = new FaultMaker(MappingMode.CALGARY);
  private static final BitField LOW_32 = BitField.bits("low half", 31, 0);
  private static final BitField TARGETS_TOP = BitField.bit("bit 47 of the target", 47);
  private static final LongPredicate TAR = CalgaryFaults::isTar;
  private static final LongPredicate CONFIG_RW = CalgaryFaults::isConfigRw;

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          MAKE.driver(
              "little-endian", "TCEs are stored little-endian", entries(Long::reverseBytes)),
          MAKE.driver(
              "not-enabled", "translation is never switched on", RegisterFault.lost(CONFIG_RW)),
          MAKE.driver("no-tar", "the table's address is never written", RegisterFault.lost(TAR)),
          MAKE.driver(
              "tar-off-by-a-table",
              "TAR names the memory 64 KiB behind the table",
              RegisterFault.altered(TAR, CalgaryFaults::nextTable)),
          MAKE.driver(
              "tar-size-too-small",
              "TAR says that the table is of the smallest size",
              RegisterFault.altered(TAR, CalgaryFaults::smallest)),
          MAKE.driver(
              "target-cut-to-32-bits",
              "TCEs lose the target's bits from 32 up",
              entries(LOW_32::inPlace)),
          MAKE.driver(
              "target-cut-to-47-bits",
              "TCEs lose the target's highest bit",
              entries(e -> TARGETS_TOP.with(e, 0))),
          MAKE.call(
              "not-flushed",
              "the chip keeps its old entries when the allocator begins anew",
              whileMapping(StoreFault.NONE, RegisterFault.lost(TAR))),
          MAKE.call(
              "mapped-one-entry-late",
              "buffers are mapped by the entries behind theirs",
              whileMapping(StoreFault.shifted(Tce.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "mapped-to-next-page",
              "buffers are mapped to the pages behind them",
              whileMapping(entries(e -> e + Tce.PAGE_BYTES), RegisterFault.NONE)),
          MAKE.call(
              "direction-swapped",
              "what a device shall write is mapped for reading, and the other way round",
              mappedFor(CallFaults::swapped)),
          MAKE.call(
              "last-page-not-mapped",
              "of a buffer of several pages the last is not mapped",
              mappedSize(CallFaults::withoutLastPage)),
          MAKE.call(
              "unmaps-one-entry-late",
              "unmapping frees the entries behind those that it should",
              whileUnmapping(StoreFault.shifted(Tce.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "arm-one-entry-late",
              "each identity TCE is stored in the entry behind its own",
              whileArming(StoreFault.shifted(Tce.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "arm-one-table-page-late",
              "identity TCEs are stored a page of the table too far",
              whileArming(StoreFault.shifted(Tce.PAGE_BYTES), RegisterFault.NONE)),
          MAKE.call(
              "arm-to-next-page",
              "identity TCEs lead to the page behind",
              whileArming(entries(e -> e + Tce.PAGE_BYTES), RegisterFault.NONE)),
          MAKE.call(
              "arm-not-writable",
              "identity TCEs lack W",
              whileArming(entries(e -> Tce.W.with(e, 0)), RegisterFault.NONE)),
          MAKE.call(
              "arm-not-readable",
              "identity TCEs lack R",
              whileArming(entries(e -> Tce.R.with(e, 0)), RegisterFault.NONE)),
          MAKE.call(
              "arm-stores-lost",
              "identity TCEs are not stored, but counted",
              whileArming(StoreFault.LOST, RegisterFault.NONE)));

  private CalgaryFaults() {}

  /** {@return entries that are in use are stored otherwise; {@code wrong} has bits in place} */
  private static StoreFault entries(LongUnaryOperator wrong) {
    return StoreFault.altered(word -> Tce.toMemory(wrong.applyAsLong(Tce.fromMemory(word))))
        .when(word -> word != Tce.FREE);
  }

  private static long offset(long address) {
    return address & (Registers.WINDOW_BYTES - 1);
  }

  private static boolean isTar(long address) {
    for (int phb = 0; phb < Chip.PHB_COUNT; phb++) {
      if (offset(address) == Registers.tar(phb)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isConfigRw(long address) {
    for (int phb = 0; phb < Chip.PHB_COUNT; phb++) {
      if (offset(address) == Registers.of(phb, PhbRegister.CONFIG_RW)) {
        return true;
      }
    }
    return false;
  }

  private static long nextTable(long value) {
    long tar = Registers.turned64(value);
    return Registers.turned64(Tar.TABLE.with(tar, Tar.TABLE.get(tar) + 2));
  }

  private static long smallest(long value) {
    return Registers.turned64(Tar.SPEC.with(Registers.turned64(value), 0));
  }
}
