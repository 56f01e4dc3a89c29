// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.RegisterValues;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.pci.RequesterId;

/** A machine with one device behind a unit, tables built by hand. */
final class AmdviFixture extends PagedMachine {
  static final RequesterId DEVICE = RequesterId.parse("00:04.0");
  static final long DEVICE_TABLE = 0x200000;
  static final long TOP = 0x102000;
  static final int DOMAIN = 5;

  /** As QEMU's unit has them: up to 6 levels, guest translation. */
  static final Capabilities QEMU = new Capabilities(0x29d3, 0);

  /** As {@link #QEMU} with up to 4 levels. */
  static final Capabilities FOUR_LEVELS =
      new Capabilities(Registers.ExtFeatures.HATS.with(QEMU.extFeatures(), 0), 0);

  final int levels;
  UnitConfig config;

  AmdviFixture(Capabilities capabilities, int levels) {
    this(UnitConfig.translating(capabilities, 46, DEVICE_TABLE), levels);
  }

  AmdviFixture(UnitConfig config, int levels) {
    super(DEVICE, new TableId(TOP, PageTableEntry.geometry(levels)));
    this.config = config;
    this.levels = levels;
    attach(DEVICE, DeviceTableEntry.translated(TOP, levels));
  }

  AmdviFixture() {
    this(QEMU, 4);
  }

  void attach(RequesterId requester, long word0) {
    deviceEntry(requester, word0, DeviceTableEntry.domain(DOMAIN));
  }

  void deviceEntry(RequesterId requester, long... words) {
    long at = config.deviceTable().entryAddress(requester, config.encryptionMask()).orElseThrow();
    for (int i = 0; i < words.length; i++) {
      memory.writeLong(at + (long) i * Long.BYTES, words[i]);
    }
  }

  /** Makes a way from entry 0 of the top through entry 0 of each of {@code tables}. */
  void chain(long... tables) {
    long from = TOP;
    int level = levels;
    for (long table : tables) {
      level--;
      entry(from, 0, PageTableEntry.table(table, level));
      from = table;
    }
  }

  @Override
  protected Parts parts() {
    return new Parts(
        config.hostTables().unmappable(),
        new Unit(config).uncached(memory),
        new TableEditor(config.hostTables()),
        limits -> new TableWalker(memory, config.hostTables(), limits));
  }

  /** {@return registers of a unit set up as {@code config} says} */
  static RegisterFile registers(UnitConfig config) {
    List<Long> bases = config.deviceTable().registers();
    Map<Register, Long> values = new HashMap<>();
    values.put(Registers.DEV_TAB_BASE, bases.getFirst());
    for (int segment = 1; segment < bases.size(); segment++) {
      values.put(Registers.DEV_TAB_SEG_1.movedBy((segment - 1) * Long.BYTES), bases.get(segment));
    }
    values.put(Registers.CONTROL, control(config));
    values.put(Registers.EXT_FEATURES, config.capabilities().extFeatures());
    values.put(Registers.EXCLUSION_BASE, config.exclusion().base());
    values.put(Registers.EXCLUSION_LIMIT, config.exclusion().limit());
    return RegisterValues.of(values);
  }

  private static long control(UnitConfig config) {
    int segmentsOrder = Integer.numberOfTrailingZeros(config.deviceTable().registers().size());
    return Registers.Control.IOMMU_EN.of(config.translationEnabled() ? 1 : 0)
        | Registers.Control.GT_EN.of(config.guestTranslationEnabled() ? 1 : 0)
        | Registers.Control.DEV_TBL_SEG_EN.of(segmentsOrder);
  }
}
