// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.List;
import java.util.OptionalLong;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.mode.paging.PagedMachine;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Part;

/** The machine with an AMD IOMMU. */
final class AmdviMachine extends PagedMachine {
  static final long BASE = 0xfeb8_0000L;

  AmdviMachine(MachineSpec spec) {
    super(spec, new AmdviMode());
  }

  static AmdviMachine usual() {
    return new AmdviMachine(machine(false, Adoption.COPY, false));
  }

  static AmdviMachine cachingAbsent() {
    return new AmdviMachine(machine(true, Adoption.COPY, false));
  }

  static AmdviMachine adopting(Adoption adoption, boolean snp) {
    return new AmdviMachine(machine(false, adoption, snp));
  }

  static AmdviMachine withDeviceTable(long sizeBytes, Adoption adoption) {
    return new AmdviMachine(machine(false, adoption, false, OptionalLong.of(sizeBytes)));
  }

  static MachineSpec machine(boolean cachesAbsent, Adoption adoption, boolean snp) {
    return machine(cachesAbsent, adoption, snp, OptionalLong.empty());
  }

  private static MachineSpec machine(
      boolean cachesAbsent, Adoption adoption, boolean snp, OptionalLong deviceTableBytes) {
    ModeSpec.AmdviUnit unit = new ModeSpec.AmdviUnit(UNIT, BASE, 39, cachesAbsent);
    return spec(
        Era.LINUX_6,
        new ModeSpec.Amdvi(
            48,
            List.of(unit),
            reserved(),
            32,
            deviceTableBytes,
            adoption,
            snp,
            ModeSpec.Encryption.NONE));
  }

  long read(Register register) {
    return cpu.mmio().read(BASE, register);
  }

  void write(Register register, long value) {
    cpu.mmio().write(BASE, register, value);
  }

  /** {@return where the unit has its device table} */
  long deviceTable() {
    return DevTabBase.BASE.inPlace(read(Registers.DEV_TAB_BASE));
  }

  /** {@return the event logs that the units write now} */
  List<AddressRange> logs() {
    return hardware.ownMemory().stream()
        .filter(own -> own.part() == Part.EVENT_LOG)
        .map(IommuMemory::range)
        .toList();
  }
}
