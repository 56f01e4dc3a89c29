// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.TableTreesContract;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Nested;

/** VT-d against the contract, by the kinds of units there are. */
class VtdContractTest {

  abstract static class OnUnit extends TableTreesContract {
    private final Capabilities capabilities;
    private final int levels;

    OnUnit(Capabilities capabilities, int levels) {
      this.capabilities = capabilities;
      this.levels = levels;
    }

    @Override
    protected Fixture fixture() {
      VtdFixture machine = new VtdFixture(capabilities, levels);
      machine.attach(passing(), ContextEntry.TT_PASS_THROUGH, 0);
      return new Fixture(
          machine.memory, VtdFixture.DEVICE, AddressRange.ofSize(0x1000_0000L, 0x100_0000L));
    }

    @Override
    protected RequesterId passing() {
      return RequesterId.parse("00:05.0");
    }

    @Override
    protected RequesterId absent() {
      return RequesterId.parse("00:06.0");
    }

    @Override
    protected TranslationTables open(PhysicalMemory memory) {
      return Vendor.VTD.open(memory, VtdFixture.registers(config()), HostFacts.UNKNOWN);
    }

    @Override
    protected Iommu hardware(PhysicalMemory memory) {
      return new Unit(config()).uncached(memory);
    }

    private UnitConfig config() {
      return new VtdFixture(capabilities, levels).config;
    }
  }

  @Nested
  class ThreeLevels extends OnUnit {
    ThreeLevels() {
      super(VtdFixture.NARROW, 3);
    }
  }

  @Nested
  class FourLevels extends OnUnit {
    FourLevels() {
      super(VtdFixture.WIDE, 4);
    }
  }

  @Nested
  class FiveLevels extends OnUnit {
    FiveLevels() {
      super(VtdFixture.WIDEST, 5);
    }
  }

  @Nested
  class FourLevelsOfSmallLeaves extends OnUnit {
    FourLevelsOfSmallLeaves() {
      super(VtdFixture.SMALL_LEAVES, 4);
    }
  }
}
