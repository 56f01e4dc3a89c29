// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.List;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.TableTreesContract;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Nested;

/** AMD-Vi against the contract, by the kinds of units and tables there are. */
class AmdviContractTest {

  abstract static class OnUnit extends TableTreesContract {
    private final UnitConfig config;
    private final int levels;

    OnUnit(UnitConfig config, int levels) {
      this.config = config;
      this.levels = levels;
    }

    OnUnit(Capabilities capabilities, int levels) {
      this(shortTable(capabilities), levels);
    }

    /** A device table of one page: ids from 00:10.0 on have no entry. */
    private static UnitConfig shortTable(Capabilities capabilities) {
      UnitConfig whole = UnitConfig.translating(capabilities, 46, AmdviFixture.DEVICE_TABLE);
      return with(
          whole,
          new DeviceTableBase(
              List.of(DeviceTableBase.register(AmdviFixture.DEVICE_TABLE, 1 << 12))));
    }

    static UnitConfig with(UnitConfig config, DeviceTableBase base) {
      return new UnitConfig(
          config.capabilities(),
          config.physicalAddressWidth(),
          config.wholeMemory(),
          config.encryptionMask(),
          config.translationEnabled(),
          base,
          config.guestTranslationEnabled(),
          config.exclusion());
    }

    @Override
    protected Fixture fixture() {
      AmdviFixture machine = new AmdviFixture(config, levels);
      machine.attach(passing(), DeviceTableEntry.passThrough());
      return new Fixture(
          machine.memory, AmdviFixture.DEVICE, AddressRange.ofSize(0x1000_0000L, 0x100_0000L));
    }

    @Override
    protected RequesterId passing() {
      return RequesterId.parse("00:05.0");
    }

    @Override
    protected RequesterId absent() {
      return RequesterId.parse("00:1f.7");
    }

    @Override
    protected TranslationTables open(PhysicalMemory memory) {
      return Vendor.AMDVI.open(memory, AmdviFixture.registers(config), HostFacts.UNKNOWN);
    }

    @Override
    protected Iommu hardware(PhysicalMemory memory) {
      return new Unit(config).uncached(memory);
    }
  }

  @Nested
  class ThreeLevels extends OnUnit {
    ThreeLevels() {
      super(AmdviFixture.QEMU, 3);
    }
  }

  @Nested
  class FourLevels extends OnUnit {
    FourLevels() {
      super(AmdviFixture.FOUR_LEVELS, 4);
    }
  }

  @Nested
  class FiveLevels extends OnUnit {
    FiveLevels() {
      super(AmdviFixture.QEMU, 5);
    }
  }

  @Nested
  class SegmentedDeviceTable extends OnUnit {
    SegmentedDeviceTable() {
      super(
          with(
              UnitConfig.translating(AmdviFixture.QEMU, 46, AmdviFixture.DEVICE_TABLE),
              new DeviceTableBase(
                  List.of(
                      DeviceTableBase.register(AmdviFixture.DEVICE_TABLE, 1 << 12),
                      DeviceTableBase.register(AmdviFixture.DEVICE_TABLE + (1 << 12), 1 << 12)))),
          4);
    }
  }
}
