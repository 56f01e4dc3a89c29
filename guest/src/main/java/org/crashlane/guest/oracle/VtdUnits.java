// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.memory.PhysicalMemory;

/** The VT-d unit, set as the machine that is compared with it. */
public final class VtdUnits {
  /** Makes them. */
  public static final UnitFactory FACTORY = VtdUnits::unit;

  private VtdUnits() {}

  /** {@return what the unit of {@code machine} can do} */
  static Capabilities capabilities(ProbeMachine machine) {
    return switch (machine.registers()) {
      case UnitRegisters.Vtd(long _, long cap, long ecap) -> new Capabilities(cap, ecap);
      case UnitRegisters.Amdvi _ -> throw new IllegalArgumentException(machine.oracle());
    };
  }

  /** QEMU has one width, {@code aw-bits}: of IOVAs, in CAP.MGAW, and of physical addresses. */
  private static Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
    Capabilities can = capabilities(machine);
    return new Unit(memory, new UnitConfig(can, can.maximumAddressWidth(), root, true, true));
  }
}
