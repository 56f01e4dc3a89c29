// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of single requests. */
class UnitTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;
  private static final long WORD_0 = DeviceTableEntry.translated(AmdviFixture.TOP, 4);

  private AmdviFixture machine = new AmdviFixture();

  private void start() {
    machine.chain(L3, L2, L1);
    machine.entry(L1, 0, PageTableEntry.leaf(0x80_0000, Permissions.READ_WRITE));
    machine.entry(L1, 1, PageTableEntry.leaf(0x80_1000, Permissions.READ_ONLY));
    machine.entry(L1, 2, PageTableEntry.leaf(0x80_2000, Permissions.WRITE_ONLY));
  }

  private void word0(long word0) {
    machine.attach(AmdviFixture.DEVICE, word0);
  }

  private void assertReached(long physical, long iova, Access access) {
    assertEquals(new Outcome.Reached(physical), machine.translate(iova, access), Hex.of(iova));
  }

  private Fault assertBlocked(FaultReason reason, long iova, Access access) {
    Fault fault = assertInstanceOf(Outcome.Blocked.class, machine.translate(iova, access)).fault();
    assertEquals(reason, fault.why());
    assertEquals(reason.number(access), fault.reason());
    return fault;
  }

  @Test
  void pageIsReachedWithTheRightsOfItsEntry() {
    start();
    assertReached(0x80_0010, 0x10, Access.READ);
    assertReached(0x80_0fff, 0xfff, Access.WRITE);
    assertReached(0x80_1010, 0x1010, Access.READ);
    assertReached(0x80_2010, 0x2010, Access.WRITE);
    assertBlocked(FaultReason.PERMISSION, 0x1010, Access.WRITE);
    assertBlocked(FaultReason.PERMISSION, 0x2010, Access.READ);
  }

  @ParameterizedTest(name = "{0} {1}: flags {2}")
  @CsvSource({
    "0x5000, READ, 0x2000",
    "0x5000, WRITE, 0x2020",
    "0x2000, READ, 0x2050",
    "0x1000, WRITE, 0x2070",
    "0x200000, WRITE, 0x2020"
  })
  void pageFaultHasTheCodeAndFlagsThatLinuxPrints(String iova, Access access, String number) {
    start();
    Outcome.Blocked blocked = (Outcome.Blocked) machine.translate(Hex.parse(iova), access);
    assertEquals(Hex.parse(number), blocked.fault().reason());
    assertTrue(blocked.fault().recorded());
  }

  @Test
  void rightsAreAndedOverAllLevelsAndTheDeviceTableEntry() {
    start();
    machine.entry(L3, 0, PageTableEntry.IW.with(PageTableEntry.table(L2, 2), 0));
    assertReached(0x80_0000, 0, Access.READ);
    assertBlocked(FaultReason.PERMISSION, 0, Access.WRITE);
    word0(DeviceTableEntry.IR.with(WORD_0, 0));
    assertBlocked(FaultReason.ENTRY_PERMISSION, 0, Access.READ);
  }

  @Test
  void entryThatIsNotValidLetsAllPass() {
    word0(WORD_0 & ~DeviceTableEntry.V.mask());
    assertReached(0x1234_5678L, 0x1234_5678L, Access.WRITE);
    assertReached(1L << 60, 1L << 60, Access.READ);
  }

  @Test
  void entryWithoutTranslationInformationBlocksAll() {
    start();
    word0(DeviceTableEntry.TV.with(WORD_0, 0));
    assertBlocked(FaultReason.TRANSLATION_INVALID, 0, Access.READ);
  }

  @Test
  void modeZeroPassesAsFarAsTheEntryPermits() {
    word0(DeviceTableEntry.passThrough());
    assertReached(0x80_0010, 0x80_0010, Access.WRITE);
    word0(DeviceTableEntry.IW.with(DeviceTableEntry.passThrough(), 0));
    assertReached(0x80_0010, 0x80_0010, Access.READ);
    assertBlocked(FaultReason.ENTRY_PERMISSION, 0x80_0010, Access.WRITE);
    word0(DeviceTableEntry.blocked());
    assertEquals(0x2050, assertBlocked(FaultReason.ENTRY_PERMISSION, 0, Access.READ).reason());
  }

  @ParameterizedTest(name = "mode {0}")
  @CsvSource({"1, 0x1ff000", "2, 0x3ffff000", "3, 0x7ffffff000", "4, 0xfffffffff000"})
  void modeSaysHowFarAddressesGo(int levels, String lastPage) {
    machine = new AmdviFixture(AmdviFixture.QEMU, levels);
    long iova = Hex.parse(lastPage);
    long[] tables = {L3, L2, L1, 0x106000, 0x107000};
    long table = AmdviFixture.TOP;
    for (int level = levels; level > 1; level--) {
      machine.entry(table, 511, PageTableEntry.table(tables[level - 2], level - 1));
      table = tables[level - 2];
    }
    machine.entry(table, 511, PageTableEntry.leaf(0x80_0000, Permissions.READ_WRITE));
    assertReached(0x80_0123, iova + 0x123, Access.READ);
    assertBlocked(FaultReason.ADDRESS_BEYOND_MODE, iova + 0x1000, Access.READ);
  }

  @Test
  void levelsThatTheUnitDoesNotHaveMakeTheEntryIllegal() {
    word0(DeviceTableEntry.translated(AmdviFixture.TOP, 7));
    assertEquals(0x1000, assertBlocked(FaultReason.ENTRY_MODE, 0, Access.READ).reason());
    machine = new AmdviFixture(AmdviFixture.FOUR_LEVELS, 5);
    assertBlocked(FaultReason.ENTRY_MODE, 0, Access.READ);
  }

  @ParameterizedTest(name = "bit {0}")
  @CsvSource({"2", "6", "63", "46", "51"})
  void reservedBitOfTheEntryMakesItIllegal(int bit) {
    word0(WORD_0 | 1L << bit);
    assertEquals(0x10a0, assertBlocked(FaultReason.ENTRY_RESERVED, 0, Access.WRITE).reason());
  }

  @ParameterizedTest(name = "bit {0} of {1}")
  @CsvSource({
    "52, leaf, true",
    "46, leaf, true",
    "57, leaf, false",
    "59, leaf, false",
    "1, leaf, false",
    "63, leaf, false",
    "52, table, true",
    "59, table, true",
    "60, table, true",
    "8, table, false"
  })
  void reservedBitOfAPageTableEntryBlocks(int bit, String where, boolean reserved) {
    start();
    long table = where.equals("leaf") ? L1 : L2;
    machine.entry(table, 0, machine.memory.readLong(table) | 1L << bit);
    if (reserved) {
      assertEquals(0x2090, assertBlocked(FaultReason.PAGE_RESERVED, 0, Access.READ).reason());
    } else {
      assertReached(0x80_0000, 0, Access.READ);
    }
  }

  @Test
  void defaultPagesAreMappedAtEveryLevel() {
    start();
    machine.entry(L2, 1, PageTableEntry.leaf(0x100_0000, Permissions.READ_WRITE));
    machine.entry(L3, 1, PageTableEntry.leaf(0x8000_0000L, Permissions.READ_WRITE));
    machine.entry(AmdviFixture.TOP, 1, PageTableEntry.leaf(0, Permissions.READ_WRITE));
    assertReached(0x101_2340, 0x21_2340, Access.READ);
    assertReached(0x8123_4560L, 0x4123_4560L, Access.WRITE);
    assertReached(0x12_3456_7890L, (1L << 39) + 0x12_3456_7890L, Access.READ);
  }

  @Test
  void sizedPageIsReachedThroughEachOfItsEntries() {
    start();
    for (int i = 16; i < 32; i++) {
      machine.entry(L1, i, PageTableEntry.sizedLeaf(0x100_0000, 0x1_0000, Permissions.READ_WRITE));
    }
    assertReached(0x100_3458, 0x1_3458, Access.READ);
    assertReached(0x100_fff8, 0x1_fff8, Access.WRITE);
  }

  @ParameterizedTest(name = "size {0} at level 1")
  @CsvSource({"0x200000", "0x40000000"})
  void pageSizeThatDoesNotFitItsLevelBlocks(String size) {
    start();
    long entry = PageTableEntry.sizedLeaf(0, Hex.parse(size), Permissions.READ_WRITE);
    machine.entry(L1, 0, entry);
    assertEquals(0x2010, assertBlocked(FaultReason.PAGE_SIZE, 0, Access.READ).reason());
  }

  @Test
  void pageSizeThatItsLevelHasAnywayBlocks() {
    start();
    long page = 0x4000_0000;
    machine.entry(L2, 0, PageTableEntry.sizedLeaf(page, 1 << 21, Permissions.READ_WRITE));
    assertBlocked(FaultReason.PAGE_SIZE, 0, Access.READ);
    for (int i = 0; i < 2; i++) {
      machine.entry(L2, i, PageTableEntry.sizedLeaf(page, 1 << 22, Permissions.READ_WRITE));
    }
    assertReached(page + 0x20_0008, 0x20_0008, Access.READ);
  }

  @Test
  void levelsMayBeSkippedWhereTheAddressBitsAreZero() {
    start();
    machine.entry(AmdviFixture.TOP, 0, PageTableEntry.table(L1, 1));
    assertReached(0x80_1008, 0x1008, Access.READ);
    assertBlocked(FaultReason.SKIPPED_BITS, 0x20_1008, Access.READ);
    assertBlocked(FaultReason.SKIPPED_BITS, 0x4000_1008L, Access.READ);
  }

  @ParameterizedTest(name = "next level {0} at level 2")
  @CsvSource({"2", "3", "6"})
  void nextLevelThatIsNotBelowBlocks(int next) {
    start();
    machine.entry(L2, 0, PageTableEntry.table(L1, next));
    assertBlocked(FaultReason.NEXT_LEVEL, 0, Access.READ);
  }

  @Test
  void deviceBeyondTheTableIsBlockedAndSegmentsAreChosenByTheHighBits() {
    DeviceTableBase base =
        new DeviceTableBase(
            List.of(
                DeviceTableBase.register(AmdviFixture.DEVICE_TABLE, 1 << 12),
                DeviceTableBase.register(0x300000, 1 << 12),
                DeviceTableBase.register(0x400000, 1 << 20),
                DeviceTableBase.register(0x600000, 1 << 12)));
    machine =
        new AmdviFixture(
            new UnitConfig(AmdviFixture.QEMU, 46, true, 0, true, base, false, ExclusionRange.NONE),
            4);
    RequesterId third = new RequesterId(0x8001);
    machine.attach(third, DeviceTableEntry.passThrough());
    assertEquals(DeviceTableEntry.passThrough(), machine.memory.readLong(0x400020));
    assertEquals(
        new Outcome.Reached(0x1000),
        machine.unit().translate(new Request(third, 0x1000, Access.WRITE)));
    Request beyond = new Request(new RequesterId(0x80), 0x1000, Access.WRITE);
    Outcome.Blocked blocked = (Outcome.Blocked) machine.unit().translate(beyond);
    assertEquals(FaultReason.DEVICE_BEYOND_TABLE, blocked.fault().why());
  }

  @ParameterizedTest(name = "allow all {0}, EX {1}")
  @CsvSource({"true, false, true", "false, true, true", "false, false, false"})
  void exclusionRangePassesUntranslatedWhereItIsAllowed(
      boolean allowAll, boolean allowed, boolean passes) {
    long base = 0x5000_0000L | ExclusionBase.EX_EN.of(1) | ExclusionBase.ALLOW.of(allowAll ? 1 : 0);
    ExclusionRange range = new ExclusionRange(base, 0x5000_1000L);
    machine =
        new AmdviFixture(
            new UnitConfig(
                AmdviFixture.QEMU,
                46,
                true,
                0,
                true,
                DeviceTableBase.whole(AmdviFixture.DEVICE_TABLE),
                false,
                range),
            4);
    machine.deviceEntry(AmdviFixture.DEVICE, WORD_0, DeviceTableEntry.EX.of(allowed ? 1 : 0));
    for (long iova : new long[] {0x5000_0000L, 0x5000_1fffL}) {
      if (passes) {
        assertReached(iova, iova, Access.WRITE);
      } else {
        assertBlocked(FaultReason.NOT_PRESENT, iova, Access.WRITE);
      }
    }
    assertBlocked(FaultReason.NOT_PRESENT, 0x4fff_ffffL, Access.WRITE);
    assertBlocked(FaultReason.NOT_PRESENT, 0x5000_2000L, Access.WRITE);
  }

  @Test
  void guestTablesAreNotKnown() {
    long guest =
        DeviceTableEntry.GV.of(1) | DeviceTableEntry.GIOV.of(1) | DeviceTableEntry.GCR3_14_12.of(3);
    word0(WORD_0 | guest);
    assertInstanceOf(Outcome.Blocked.class, machine.translate(0, Access.READ), "GTEn is clear");
    machine.config =
        new UnitConfig(
            AmdviFixture.QEMU,
            46,
            true,
            0,
            true,
            DeviceTableBase.whole(AmdviFixture.DEVICE_TABLE),
            true,
            ExclusionRange.NONE);
    Outcome.Unknown unknown =
        assertInstanceOf(Outcome.Unknown.class, machine.translate(0, Access.READ));
    assertEquals(0x3000, unknown.address());
    assertEquals(
        Reason.of(Named.GUEST_TABLES, new Reason.At(0x3000), new Reason.Levels(1)),
        unknown.reason());
  }

  @Test
  void hyperTransportRangeIsBlockedWhateverIsMappedThere() {
    start();
    machine.entry(AmdviFixture.TOP, 1, PageTableEntry.leaf(0, Permissions.READ_WRITE));
    assertReached(0x7c_ffff_ffffL, 0xfc_ffff_ffffL, Access.WRITE);
    assertEquals(
        0x8020, assertBlocked(FaultReason.SPECIAL_ADDRESS, 0xfd_0000_0000L, Access.WRITE).reason());
    assertBlocked(FaultReason.SPECIAL_ADDRESS, 0xff_ffff_ffffL, Access.READ);
    word0(0);
    assertReached(0xfd_0000_0000L, 0xfd_0000_0000L, Access.WRITE);
  }

  @Test
  void encryptionBitIsNoAddress() {
    long encrypted = 1L << 47;
    machine =
        new AmdviFixture(
            new UnitConfig(
                AmdviFixture.QEMU,
                43,
                true,
                encrypted,
                true,
                new DeviceTableBase(
                    List.of(
                        DeviceTableBase.register(AmdviFixture.DEVICE_TABLE | encrypted, 1 << 12))),
                false,
                ExclusionRange.NONE),
            4);
    start();
    word0(WORD_0 | encrypted);
    for (long table : new long[] {AmdviFixture.TOP, L3, L2, L1}) {
      machine.entry(table, 0, machine.memory.readLong(table) | encrypted);
    }
    assertReached(0x80_0000, 0, Access.READ);
    machine.entry(L1, 0, machine.memory.readLong(L1) | 1L << 44);
    assertBlocked(FaultReason.PAGE_RESERVED, 0, Access.READ);
  }

  @Test
  void suppressedPageFaultIsNotRecordedButAnIllegalEntryIs() {
    machine.deviceEntry(AmdviFixture.DEVICE, WORD_0, DeviceTableEntry.SA.of(1));
    assertFalse(assertBlocked(FaultReason.NOT_PRESENT, 0, Access.READ).recorded());
    machine.deviceEntry(AmdviFixture.DEVICE, WORD_0, DeviceTableEntry.SE.of(1));
    assertTrue(assertBlocked(FaultReason.NOT_PRESENT, 0, Access.READ).recorded());
    machine.deviceEntry(AmdviFixture.DEVICE, WORD_0 | 1L << 2, DeviceTableEntry.SA.of(1));
    assertTrue(assertBlocked(FaultReason.ENTRY_RESERVED, 0, Access.READ).recorded());
  }

  @Test
  void tableThatIsNoMemoryIsAHardwareErrorOrNotKnown() {
    start();
    machine.entry(L2, 0, PageTableEntry.table(AmdviFixture.MEMORY_BYTES, 1));
    assertEquals(0x4000, assertBlocked(FaultReason.PAGE_TABLE_ACCESS, 0, Access.READ).reason());
    machine.config = UnitConfig.of(AmdviFixture.registers(machine.config), 46, 0, false);
    Outcome.Unknown unknown =
        assertInstanceOf(Outcome.Unknown.class, machine.translate(0, Access.READ));
    assertEquals(AmdviFixture.MEMORY_BYTES, unknown.address());
  }

  @Test
  void unitThatDoesNotTranslateLetsAllPassButInterrupts() {
    UnitConfig on = machine.config;
    machine.config =
        new UnitConfig(
            on.capabilities(), 46, true, 0, false, on.deviceTable(), false, on.exclusion());
    assertReached(0x1234, 0x1234, Access.WRITE);
    assertEquals(new Outcome.Interrupt(), machine.translate(0xfee0_0000L, Access.WRITE));
  }
}
