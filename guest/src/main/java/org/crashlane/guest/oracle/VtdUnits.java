// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Map;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.iommu.vtd.VtdTables;
import org.crashlane.memory.PhysicalMemory;

/** The VT-d unit, set as the machine that is compared with it. */
public final class VtdUnits {
  /** Makes them. */
  public static final UnitFactory FACTORY = VtdUnits::unit;

  /** Makes them such that leaves may ask for snooping, whatever the machine says. */
  static final UnitFactory WITH_SNOOP_CONTROL =
      (machine, memory, root) -> {
        Capabilities can = capabilities(machine);
        long ecap = can.ecap() | Ecap.SC.mask();
        return unit(new Capabilities(can.cap(), ecap), memory, root);
      };

  private VtdUnits() {}

  /** {@return what the unit of {@code machine} can do} */
  static Capabilities capabilities(ProbeMachine machine) {
    return switch (machine.registers()) {
      case UnitRegisters.Vtd(long _, long cap, long ecap) -> new Capabilities(cap, ecap);
      case UnitRegisters.Amdvi _ -> throw new IllegalArgumentException(machine.oracle());
    };
  }

  /** {@return the tables of such a unit, translating, to be read} */
  static VtdTables tables(ProbeMachine machine, PhysicalMemory memory, long root) {
    Capabilities can = capabilities(machine);
    Map<Register, Long> registers =
        Map.of(
            Registers.CAP,
            can.cap(),
            Registers.ECAP,
            can.ecap(),
            Registers.GSTS,
            Gsts.TES.mask() | Gsts.RTPS.mask(),
            Registers.RTADDR,
            root);
    return VtdTables.open(
        memory, ProbeMachine.registers(registers), new HostFacts(can.maximumAddressWidth()));
  }

  /** QEMU has one width, {@code aw-bits}: of IOVAs, in CAP.MGAW, and of physical addresses. */
  private static Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
    return unit(capabilities(machine), memory, root);
  }

  private static Iommu unit(Capabilities can, PhysicalMemory memory, long root) {
    UnitConfig config = new UnitConfig(can, can.maximumAddressWidth(), true, root, true);
    return new Unit(config).uncached(memory);
  }
}
