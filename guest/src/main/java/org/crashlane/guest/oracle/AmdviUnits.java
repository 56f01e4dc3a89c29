// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.amdvi.Capabilities;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.ExclusionRange;
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
    return new Unit(
        memory,
        new UnitConfig(
            capabilities(machine),
            UnitConfig.PHYSICAL_ADDRESS_WIDTH_MAX,
            0,
            new DeviceTableBase(List.of(root)),
            ExclusionRange.NONE,
            true,
            false,
            true));
  }

  private static Capabilities capabilities(ProbeMachine machine) {
    return switch (machine.registers()) {
      case UnitRegisters.Amdvi(long extFeatures) -> new Capabilities(extFeatures, 0);
      case UnitRegisters.Vtd _ -> throw new IllegalArgumentException(machine.oracle());
    };
  }
}
