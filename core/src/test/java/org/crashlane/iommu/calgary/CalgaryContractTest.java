// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.List;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.TranslationTablesContract;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/** The largest table of a PHB with windows against the contract. */
class CalgaryContractTest extends TranslationTablesContract {
  private static final int PHB = 1;
  private static final AddressRange BRIDGE = new AddressRange(0xd000_0000L, 0xd00f_ffffL);

  private static final Phb REGISTERS =
      new Phb()
          .withTar(PHB, Tar.of(new TceTable(CalgaryFixture.TABLE_ADDRESS, TableSize.MIB_8)))
          .with(PHB, PhbRegister.CONFIG_RW, ConfigRw.enabling(0))
          .with(PHB, PhbRegister.MEM_1_LOW, 0xe000_0000L)
          .with(PHB, PhbRegister.MEM_1_SIZE, 0xefff_ffffL);

  @Override
  protected Fixture fixture() {
    return new Fixture(
        new CalgaryFixture().memory,
        CalgaryFixture.DEVICE,
        AddressRange.ofSize(0x1000_0000L, 0x100_0000L));
  }

  @Override
  protected AddressRange high() {
    return new AddressRange(0x9fe0_3000L, 0xbfdf_efffL);
  }

  @Override
  protected TranslationTables open(PhysicalMemory memory) {
    return CalgaryTables.open(
        memory, Chip.CALGARY, REGISTERS, PHB, List.of(CalgaryFixture.DEVICE), List.of(BRIDGE));
  }

  @Override
  protected Iommu hardware(PhysicalMemory memory) {
    return new Unit(
        memory, UnitConfig.of(Chip.CALGARY, REGISTERS, PHB, true).withBridges(List.of(BRIDGE)));
  }
}
