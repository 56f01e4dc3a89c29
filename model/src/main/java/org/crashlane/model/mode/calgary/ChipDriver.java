// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.iommu.calgary.Registers.PageMigCtrl;
import org.crashlane.iommu.calgary.ReservedRegion;
import org.crashlane.iommu.calgary.Tar;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.iommu.calgary.UnitConfig;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.spec.ModeSpec;

/**
 * What Linux does with a chip's registers (2.6.27 arch/x86/kernel/pci-calgary_64.c). It has no
 * state: each method reads what it changes.
 *
 * @param spec the chip
 */
record ChipDriver(ModeSpec.Calgary spec) {
  /** How often Linux asks whether the requests under way are done, before it goes on anyway. */
  private static final int POLL_LIMIT = 100;

  int phbCount() {
    return spec.phbs().size();
  }

  /** {@return why something failed on a PHB} */
  Reason failed(Term what, int phb) {
    return Reason.of(what, new Reason.Name(spec.phbs().get(phb).name()));
  }

  /** {@return the table that TAR names} */
  TceTable table(Cpu cpu, int phb) {
    return Tar.table(registers(cpu).tar(phb));
  }

  /** Has TAR name {@code table}; bits that are not software's stay. */
  void pointTo(Cpu cpu, int phb, TceTable table) {
    ChipRegisters registers = registers(cpu);
    registers.writeTar(phb, Tar.with(registers.tar(phb), table));
  }

  /** {@return what is never handed out: by registers, and by the windows of bridges} */
  List<ReservedRegion> reserved(Cpu cpu, int phb) {
    return UnitConfig.of(spec.chip(), registers(cpu), phb, true)
        .withBridges(spec.phbs().get(phb).bridgeWindows())
        .reserved();
  }

  /** Switches translation on. Slots that are off stay off. */
  void enable(Cpu cpu, int phb) {
    configure(cpu, phb, ConfigRw::enabling);
  }

  /** Switches translation off. */
  void disable(Cpu cpu, int phb) {
    configure(cpu, phb, ConfigRw::disabling);
  }

  /** Switches every slot off: no request passes. */
  void disableSlots(Cpu cpu, int phb) {
    configure(cpu, phb, ConfigRw::disablingSlots);
  }

  /** Switches every slot on. Linux never does. */
  void enableSlots(Cpu cpu, int phb) {
    configure(cpu, phb, ConfigRw::enablingSlots);
  }

  private void configure(Cpu cpu, int phb, LongUnaryOperator change) {
    ChipRegisters registers = registers(cpu);
    long configRw = registers.read(phb, PhbRegister.CONFIG_RW);
    registers.write(phb, PhbRegister.CONFIG_RW, change.applyAsLong(configRw));
  }

  /** Has the chip drop the entries it keeps ({@code tce_cache_blast}): by writing TAR. */
  void flush(Cpu cpu, int phb) {
    ChipRegisters registers = registers(cpu);
    switch (spec.chip()) {
      case CALGARY -> {
        long arbiters = registers.read(phb, PhbRegister.AER);
        registers.write(phb, PhbRegister.AER, 0);
        registers.read(phb, PhbRegister.PLSSR);
        drain(registers, phb);
        registers.writeTar(phb, registers.tar(phb));
        registers.write(phb, PhbRegister.AER, arbiters);
      }
      case CALIOC2 -> {
        registers.write(phb, PhbRegister.PAGE_MIG_CTRL, PageMigCtrl.SOFTSTOP.mask());
        drain(registers, phb);
        registers.write(phb, PhbRegister.PAGE_MIG_CTRL, PageMigCtrl.HARDSTOP.mask());
        registers.writeTar(phb, registers.tar(phb));
        registers.write(phb, PhbRegister.PAGE_MIG_CTRL, 0);
      }
    }
  }

  private static void drain(ChipRegisters registers, int phb) {
    for (int polls = 0; polls < POLL_LIMIT && !registers.isDrained(phb); polls++) {
      Thread.onSpinWait();
    }
  }

  /**
   * Looks at the error status of a PHB; on an error clears it and switches every slot off ({@code
   * calgary_watchdog}).
   */
  void watch(Cpu cpu, int phb) {
    ChipRegisters registers = registers(cpu);
    if (Csr.hasError(registers.read(phb, PhbRegister.CSR))) {
      registers.write(phb, PhbRegister.CSR, 0);
      disableSlots(cpu, phb);
    }
  }

  private ChipRegisters registers(Cpu cpu) {
    return new ChipRegisters(cpu.mmio(), spec.registerBase());
  }
}
