// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.Registers.CacheCtl;
import org.crashlane.iommu.gart.Registers.TableBase;
import org.crashlane.iommu.gart.ScratchPage;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.PageFrames;

/**
 * A kernel's view of the table that all northbridges share, and what it does with their registers.
 * It has no state: the table is in memory.
 */
final class Gatt {
  private final Aperture aperture;
  private final Optional<ScratchPage> scratch;
  private final int northbridgeCount;
  private final FlatTable entries;

  /**
   * @param scratch where entries without a mapping lead; nothing if they are not valid
   */
  Gatt(Aperture aperture, long table, Optional<ScratchPage> scratch, int northbridgeCount) {
    this.aperture = aperture;
    this.scratch = scratch;
    this.northbridgeCount = northbridgeCount;
    this.entries = aperture.tableAt(table);
  }

  Aperture aperture() {
    return aperture;
  }

  /** Has {@code count} entries from {@code index} on lead to pages from {@code page} on. */
  void map(Cpu cpu, int index, int count, long page) {
    for (int i = 0; i < count; i++) {
      long target = page + (long) i * PageFrames.PAGE_BYTES;
      entries.write(cpu.memory(), index + i, Gpte.encode(target));
    }
  }

  /** Has {@code count} entries from {@code index} on lead to the scratch page. */
  void unmap(Cpu cpu, int index, int count) {
    long sizeBytes = (long) count * PageFrames.PAGE_BYTES;
    long unmapped = scratch.map(ScratchPage::entry).orElse(Gpte.ABSENT);
    new FlatMapper(entries, unmapped, List.of())
        .unmap(cpu.memory(), AddressRange.ofSize(aperture.addressOf(index), sizeBytes));
  }

  /**
   * Points every northbridge to the table and switches its aperture on.
   *
   * @param translatesCpus false to let CPUs reach the memory under the aperture
   */
  void enable(Cpu cpu, boolean translatesCpus) {
    for (int i = 0; i < northbridgeCount; i++) {
      write(cpu, i, Registers.APERTURECTL, aperture.controlRegister());
      write(cpu, i, Registers.APERTUREBASE, aperture.baseRegister());
      write(cpu, i, Registers.TABLEBASE, TableBase.encode(entries.address()));
      long control = ApertureCtl.enabled(read(cpu, i, Registers.APERTURECTL));
      write(
          cpu,
          i,
          Registers.APERTURECTL,
          translatesCpus ? control : ApertureCtl.DISGARTCPU.with(control, 1));
    }
    flush(cpu);
  }

  /**
   * Has every northbridge drop what it has cached. Linux reads the registers until INVGART is clear
   * again; here it is when the write is done.
   */
  void flush(Cpu cpu) {
    for (int i = 0; i < northbridgeCount; i++) {
      long control = read(cpu, i, Registers.CACHECTL);
      write(cpu, i, Registers.CACHECTL, CacheCtl.INVGART.with(control, 1));
    }
  }

  /** Switches the aperture of {@code count} northbridges off. */
  static void disable(Cpu cpu, int count) {
    for (int i = 0; i < count; i++) {
      long control = read(cpu, i, Registers.APERTURECTL);
      write(cpu, i, Registers.APERTURECTL, ApertureCtl.GARTEN.with(control, 0));
    }
  }

  private static long read(Cpu cpu, int northbridge, Register register) {
    return cpu.config().read(ConfigAddress.of(NorthbridgeAddress.of(northbridge), 0), register);
  }

  private static void write(Cpu cpu, int northbridge, Register register, long value) {
    cpu.config().write(ConfigAddress.of(NorthbridgeAddress.of(northbridge), 0), register, value);
  }
}
