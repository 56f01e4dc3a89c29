// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitTest {
  private static final long IOVA = 0x12_3000L;
  private static final long TARGET = 0x1_5fe0_3000L;

  private static void assertReached(long physical, Outcome outcome) {
    assertEquals(new Outcome.Reached(physical), outcome);
  }

  private static void assertBlocked(FaultReason reason, Outcome outcome) {
    Outcome.Blocked blocked = assertInstanceOf(Outcome.Blocked.class, outcome);
    assertEquals(Optional.of(reason), FaultReason.of(blocked.fault().reason()));
    assertEquals(reason, blocked.fault().why());
    assertEquals(reason != FaultReason.SLOT_DISABLED, blocked.fault().recorded());
  }

  @Test
  void requestReachesTheSamePlaceInTheEntrysPage() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    for (Access access : Access.values()) {
      assertReached(TARGET, machine.translate(IOVA, access));
      assertReached(TARGET + 0xfff, machine.translate(IOVA + 0xfff, access));
      assertBlocked(FaultReason.NO_ENTRY, machine.translate(IOVA - 1, access));
      assertBlocked(FaultReason.NO_ENTRY, machine.translate(IOVA + 0x1000, access));
    }
  }

  @Test
  void everyDeviceBehindTheBridgeSharesTheTable() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    Request other = new Request(RequesterId.parse("02:1f.7"), IOVA, Access.WRITE);
    assertReached(TARGET, machine.unit.translate(other));
  }

  @Test
  void entryWithoutTheRightBlocks() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_ONLY);
    machine.map(IOVA + 0x1000, TARGET, Permissions.WRITE_ONLY);
    assertReached(TARGET, machine.translate(IOVA, Access.READ));
    assertBlocked(FaultReason.NO_WRITE_PERMISSION, machine.translate(IOVA, Access.WRITE));
    assertReached(TARGET, machine.translate(IOVA + 0x1000, Access.WRITE));
    assertBlocked(FaultReason.NO_READ_PERMISSION, machine.translate(IOVA + 0x1000, Access.READ));
  }

  @Test
  void littleEndianEntryLeadsNowhereNearItsPage() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.entry(IOVA, Long.reverseBytes(Tce.of(TARGET, Permissions.READ_WRITE)));
    assertBlocked(FaultReason.NO_ENTRY, machine.translate(IOVA, Access.READ));
  }

  @ParameterizedTest
  @EnumSource
  void lastPageOfEverySizeIsTranslatedAndTheNextFaults(TableSize size) {
    CalgaryFixture machine = new CalgaryFixture(size);
    long end = size.ioSpaceBytes();
    machine.map(end - Tce.PAGE_BYTES, TARGET, Permissions.READ_WRITE);
    // An entry right behind the table, which a unit that does not stop would take.
    machine.map(end, TARGET, Permissions.READ_WRITE);
    assertReached(TARGET + 0xfff, machine.translate(end - 1, Access.WRITE));
    assertBlocked(FaultReason.BEYOND_TABLE, machine.translate(end, Access.WRITE));
    assertBlocked(FaultReason.BEYOND_TABLE, machine.translate(-1, Access.READ));
  }

  @Test
  void withoutTranslationRequestsPassAsTheyAre() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    machine.unit.writeConfigRw(0);
    assertReached(IOVA, machine.translate(IOVA, Access.WRITE));
    assertReached(-1, machine.translate(-1, Access.WRITE));
    assertEquals(0, machine.unit.csr());
  }

  @ParameterizedTest
  @ValueSource(longs = {0xa_0000L, 0xf_ffffL, 0xe000_0000L, 0xefff_ffffL})
  void untranslatedRegionsPassAsTheyAreWhateverTheTableSays(long iova) {
    Phb chip =
        new Phb()
            .withTar(2, Tar.of(new TceTable(CalgaryFixture.TABLE_ADDRESS, TableSize.MIB_8)))
            .with(2, PhbRegister.CONFIG_RW, ConfigRw.enabling(0))
            .with(2, PhbRegister.MEM_1_LOW, 0xe000_0000L)
            .with(2, PhbRegister.MEM_1_SIZE, 0xefff_ffffL);
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(iova & -0x1000L, TARGET, Permissions.READ_WRITE);
    Unit unit = new Unit(machine.memory, UnitConfig.of(Chip.CALGARY, chip, 2, true));
    Request request = new Request(CalgaryFixture.DEVICE, iova, Access.WRITE);
    assertReached(iova, unit.translate(request));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0x1_ffffL, 0x9_ffffL, 0x10_0000L})
  void beforeAndBehindTheLegacyRegionRequestsAreTranslated(long iova) {
    assertBlocked(FaultReason.NO_ENTRY, new CalgaryFixture().translate(iova, Access.READ));
  }

  @Test
  void tableOutsideMemoryFaultsOrIsNotKnown() {
    SparseMemory small = SparseMemory.ofSize(0x100_0000L);
    UnitConfig whole = new CalgaryFixture().config;
    UnitConfig part = new UnitConfig(whole.tar(), whole.configRw(), 0, whole.reserved(), false);
    Request request = new Request(CalgaryFixture.DEVICE, IOVA, Access.READ);
    assertBlocked(FaultReason.TABLE_ACCESS, new Unit(small, whole).translate(request));
    Outcome.Unknown unknown =
        assertInstanceOf(Outcome.Unknown.class, new Unit(small, part).translate(request));
    assertEquals(Tar.table(whole.tar()).entryAddress(IOVA), unknown.address());
  }

  @Test
  void faultLeavesAnErrorUntilItIsCleared() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    machine.translate(IOVA, Access.WRITE);
    assertFalse(Csr.hasError(machine.unit.csr()));
    machine.translate(IOVA + 0x1000, Access.WRITE);
    assertTrue(Csr.hasError(machine.unit.csr()));
    machine.unit.writeCsr(0);
    assertFalse(Csr.hasError(machine.unit.csr()));
  }

  /** As Linux's watchdog does: the error is cleared, and every slot of the bridge goes. */
  @Test
  void errorThatTheWatchdogSeesTakesEveryDeviceOffTheBus() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    machine.translate(IOVA + 0x1000, Access.WRITE);
    assertReached(TARGET, machine.translate(IOVA, Access.WRITE));
    machine.unit.writeCsr(0);
    machine.unit.writeConfigRw(ConfigRw.disablingSlots(machine.config.configRw()));
    assertBlocked(FaultReason.SLOT_DISABLED, machine.translate(IOVA, Access.WRITE));
    assertEquals(0, machine.unit.csr());
    machine.unit.writeConfigRw(machine.config.configRw());
    assertReached(TARGET, machine.translate(IOVA, Access.WRITE));
  }

  @Test
  void withSomeSlotsDisabledTheOutcomeIsNotKnown() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    machine.unit.writeConfigRw(ConfigRw.SLOT_DISABLE.with(machine.config.configRw(), 1));
    assertInstanceOf(Outcome.Unknown.class, machine.translate(IOVA, Access.WRITE));
  }

  @Test
  void newTableAddressIsTakenAtOnce() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    machine.unit.writeTar(Tar.of(new TceTable(0x1000_0000L, TableSize.KIB_64)));
    assertBlocked(FaultReason.NO_ENTRY, machine.translate(IOVA, Access.READ));
    assertBlocked(
        FaultReason.BEYOND_TABLE, machine.translate(TableSize.KIB_64.ioSpaceBytes(), Access.READ));
  }

  @Test
  void errorThatWasThereAtFirstIsKept() {
    UnitConfig config = new UnitConfig(0, 0, 0x8000_0000L, List.of(), true);
    assertTrue(Csr.hasError(new Unit(SparseMemory.ofSize(0x1000), config).csr()));
  }

  @Test
  void everyReasonIsFoundByItsCode() {
    for (FaultReason reason : FaultReason.values()) {
      assertEquals(Optional.of(reason), FaultReason.of(reason.code()));
    }
    assertEquals(Optional.empty(), FaultReason.of(0));
  }

  @Test
  void bridgeWindowsMayBeAdded() {
    AddressRange window = new AddressRange(0xd000_0000L, 0xd00f_ffffL);
    UnitConfig plain = new CalgaryFixture().config;
    UnitConfig config =
        new UnitConfig(
            plain.tar(),
            plain.configRw(),
            0,
            List.of(new ReservedRegion(window, ReservedRegion.Kind.BRIDGE_WINDOW)),
            true);
    Unit unit = new Unit(new CalgaryFixture().memory, config);
    assertReached(
        window.last(),
        unit.translate(new Request(CalgaryFixture.DEVICE, window.last(), Access.READ)));
  }
}
