// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.CommandFormat;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in the mapping driver of AMD-Vi that no other has. What it stores are page-table
 * entries, device table entries, zeros, and commands, which are told apart by bits that only one of
 * them has set.
 */
final class AmdviFaults {
  private static final long RIGHTS = PageTableEntry.IR.mask() | PageTableEntry.IW.mask();

  /** What it stores: present, with a right, and no device table entry, which has TV set too. */
  static final EntryWords WORDS =
      new EntryWords(
          MappingMode.AMDVI,
          AmdviFaults::isPageTableEntry,
          PageTableEntry.IR,
          PageTableEntry.IW,
          PageTableEntry.ADDR,
          entry -> PageTableEntry.NEXT_LEVEL.with(entry, 1));

  private static final FaultMaker MAKE = new FaultMaker(MappingMode.AMDVI);
  private static final BitField OFFSET = BitField.bits("offset in a unit's registers", 13, 0);
  private static final BitField BUS = BitField.bits("bus of DeviceID", 15, 8);

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          MAKE.driver(
              "device-table-off-by-a-page",
              "the device table is looked for a page behind its place",
              RegisterFault.altered(at(Registers.DEV_TAB_BASE), v -> v + DevTabBase.BASE.of(1))),
          MAKE.driver(
              "device-table-of-a-page",
              "the device table is said to have one page",
              RegisterFault.altered(at(Registers.DEV_TAB_BASE), v -> DevTabBase.SIZE.with(v, 0))),
          MAKE.driver(
              "not-enabled",
              "translation is never switched on",
              RegisterFault.altered(at(Registers.CONTROL), v -> Control.IOMMU_EN.with(v, 0))),
          MAKE.driver(
              "no-commands",
              "the command buffer is never switched on",
              RegisterFault.altered(at(Registers.CONTROL), v -> Control.CMD_BUF_EN.with(v, 0))),
          MAKE.driver(
              "commands-elsewhere",
              "the command buffer is looked for a page behind its place",
              RegisterFault.altered(
                  at(Registers.CMD_BUF_BASE), v -> v + Registers.Ring.BASE.of(1))),
          MAKE.driver(
              "tail-not-moved",
              "commands are written and the tail register is not",
              RegisterFault.lost(at(Registers.CMD_TAIL))),
          device("entry-not-valid", "device entries lack V", DeviceTableEntry.V),
          device("entry-without-translation", "device entries lack TV", DeviceTableEntry.TV),
          device("entry-not-readable", "device entries lack IR", DeviceTableEntry.IR),
          device("entry-not-writable", "device entries lack IW", DeviceTableEntry.IW),
          device("entry-untranslated", "device entries say mode 0", DeviceTableEntry.MODE),
          MAKE.driver(
              "entry-a-level-short",
              "device entries say a level less than there is",
              devices(v -> DeviceTableEntry.MODE.with(v, DeviceTableEntry.levels(v) - 1))),
          MAKE.driver(
              "root-off-by-a-page",
              "device entries lead to the page behind the top table",
              devices(v -> v + DeviceTableEntry.ROOT.of(1))),
          MAKE.driver(
              "domain-shared",
              "two domains have one id",
              StoreFault.altered(_ -> 1).when(word -> word == 2)),
          MAKE.call(
              "not-present",
              "entries lack PR",
              whileMapping(
                  StoreFault.altered(e -> PageTableEntry.PR.with(e, 0)).when(WORDS.isEntry()),
                  RegisterFault.NONE)),
          MAKE.driver(
              "table-taken-for-a-page",
              "entries that lead to tables say that they map pages",
              StoreFault.altered(e -> PageTableEntry.NEXT_LEVEL.with(e, 0)).when(WORDS.isEntry())),
          MAKE.driver(
              "entry-flushed-for-another",
              "of a changed device entry that of another device is invalidated",
              StoreFault.altered(v -> v + BUS.of(1)).when(AmdviFaults::dropsDeviceEntry)),
          MAKE.call(
              "not-cleared",
              "entries stay when their addresses are given back",
              whileUnmapping(StoreFault.LOST.when(word -> word == 0), RegisterFault.NONE)),
          MAKE.call(
              "not-flushed",
              "translations are not invalidated while unmapping",
              whileUnmapping(StoreFault.NONE, RegisterFault.lost(at(Registers.CMD_TAIL)))),
          MAKE.call(
              "flushed-next-page",
              "translations are invalidated for the page behind",
              flushing(AmdviFaults::saysWhichPages, v -> v + PageFrames.PAGE_BYTES)),
          MAKE.call(
              "flushed-one-page-only",
              "translations are invalidated for one page of a run",
              flushing(AmdviFaults::saysWhichPages, v -> CommandFormat.S.with(v, 0))),
          MAKE.call(
              "flushed-for-a-guest",
              "a guest's translations are invalidated instead of the host's",
              flushing(AmdviFaults::saysWhichPages, v -> CommandFormat.GN.with(v, 1))),
          MAKE.call(
              "flushed-other-domain",
              "translations are invalidated for the domain behind",
              flushing(AmdviFaults::isInvalidation, v -> v + CommandFormat.DOMAIN_ID.of(1))));

  private AmdviFaults() {}

  private static boolean isPageTableEntry(long word) {
    return PageTableEntry.PR.isSet(word)
        && !DeviceTableEntry.TV.isSet(word)
        && (word & RIGHTS) != 0;
  }

  private static boolean isDeviceEntry(long word) {
    return DeviceTableEntry.V.isSet(word)
        && DeviceTableEntry.TV.isSet(word)
        && (word & RIGHTS) != 0;
  }

  /** The word of an invalidation that says which pages: an address, not beyond any IOVA. */
  private static boolean saysWhichPages(long word) {
    return word >= PageFrames.PAGE_BYTES && CommandFormat.PDE.isSet(word) && (word & RIGHTS) == 0;
  }

  private static boolean dropsDeviceEntry(long word) {
    return word
        == (CommandFormat.OPCODE.of(CommandFormat.INVALIDATE_DEVTAB_ENTRY)
            | CommandFormat.DEVICE_ID.inPlace(word));
  }

  private static boolean isInvalidation(long word) {
    return CommandFormat.OPCODE.get(word) == CommandFormat.INVALIDATE_IOMMU_PAGES;
  }

  private static SeededFault device(String name, String wrong, BitField cleared) {
    return MAKE.driver(name, wrong, devices(v -> cleared.with(v, 0)));
  }

  private static StoreFault devices(LongUnaryOperator wrong) {
    return StoreFault.altered(wrong).when(AmdviFaults::isDeviceEntry);
  }

  private static CallFault flushing(LongPredicate which, LongUnaryOperator wrong) {
    return whileUnmapping(StoreFault.altered(wrong).when(which), RegisterFault.NONE);
  }

  private static LongPredicate at(Register register) {
    return address -> OFFSET.get(address) == register.offset();
  }
}
