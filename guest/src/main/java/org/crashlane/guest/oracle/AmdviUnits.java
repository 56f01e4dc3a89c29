// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import java.util.Map;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.AmdviTables;
import org.crashlane.iommu.amdvi.Capabilities;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.ExclusionRange;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.Unit;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.memory.PhysicalMemory;

/** The AMD-Vi unit, set as the machine that is compared with it. */
public final class AmdviUnits {
  /** Makes them. */
  public static final UnitFactory FACTORY = AmdviUnits::unit;

  private AmdviUnits() {}

  /** QEMU takes every bit of an address field for one of the address. */
  private static Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
    UnitConfig config =
        new UnitConfig(
            capabilities(machine),
            UnitConfig.PHYSICAL_ADDRESS_WIDTH_MAX,
            true,
            0,
            true,
            new DeviceTableBase(List.of(root)),
            false,
            ExclusionRange.NONE);
    return new Unit(config).uncached(memory);
  }

  /**
   * {@return the tables of such a unit, translating, to be read: of the device table no more than
   * the pages up to the requester's entry}
   */
  static AmdviTables tables(ProbeMachine machine, PhysicalMemory memory, long root) {
    long entryEnd = (machine.requester().value() + 1L) * DeviceTableEntry.BYTES;
    long pagesBefore = (entryEnd - 1) / PageTableEntry.LARGEST.pageBytes();
    long size = Math.min(DevTabBase.SIZE.get(root), pagesBefore);
    Map<Register, Long> registers =
        Map.of(
            Registers.EXT_FEATURES, capabilities(machine).extFeatures(),
            Registers.CONTROL, Control.IOMMU_EN.mask(),
            Registers.DEV_TAB_BASE, DevTabBase.SIZE.with(root, size));
    return AmdviTables.open(memory, ProbeMachine.registers(registers), HostFacts.UNKNOWN);
  }

  private static Capabilities capabilities(ProbeMachine machine) {
    return switch (machine.registers()) {
      case UnitRegisters.Amdvi(long extFeatures) -> new Capabilities(extFeatures, 0);
      case UnitRegisters.Vtd _ -> throw new IllegalArgumentException(machine.oracle());
    };
  }
}
