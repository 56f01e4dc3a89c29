// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One request at a time, with one thing wrong. */
class UnitTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;
  private static final long PAGE = 0x80_0000;
  private static final long NO_MEMORY = 0x3f_0000_0000L;
  private static final long CONTEXT_AT =
      ContextEntry.address(VtdFixture.CONTEXT, VtdFixture.DEVICE.devfn());

  private VtdFixture machine;

  @BeforeEach
  void mapOnePage() {
    machine = new VtdFixture();
    machine.chain(L3, L2, L1);
    machine.entry(L1, 0, SecondLevelEntry.leaf(PAGE, 1, Permissions.READ_WRITE));
  }

  private void change(long address, long bits) {
    machine.memory.writeLong(address, machine.memory.readLong(address) ^ bits);
  }

  private void assertFault(FaultReason reason, Access access) {
    assertFault(reason, access, 0x10, true);
  }

  private void assertFault(FaultReason reason, Access access, long iova, boolean recorded) {
    Request request = new Request(VtdFixture.DEVICE, iova, access);
    Fault expected = new Fault(request, reason, recorded);
    assertEquals(new Outcome.Blocked(expected), machine.translate(iova, access));
  }

  @ParameterizedTest
  @EnumSource
  void pageIsReachedWithItsOffset(Access access) {
    assertEquals(new Outcome.Reached(PAGE + 0x123), machine.translate(0x123, access));
  }

  @ParameterizedTest(name = "bit {1} of word at {0} gives {2}")
  @CsvSource({
    "0x100000, 0, ROOT_NOT_PRESENT",
    "0x100000, 1, ROOT_RESERVED",
    "0x100000, 11, ROOT_RESERVED",
    "0x100000, 46, ROOT_RESERVED",
    "0x100008, 0, ROOT_RESERVED",
    "0x100008, 63, ROOT_RESERVED",
    "0x101200, 0, CONTEXT_NOT_PRESENT",
    "0x101200, 4, CONTEXT_RESERVED",
    "0x101200, 11, CONTEXT_RESERVED",
    "0x101200, 46, CONTEXT_RESERVED",
    "0x101200, 2, CONTEXT_INVALID",
    "0x101208, 0, CONTEXT_INVALID",
    "0x101208, 1, CONTEXT_INVALID",
    "0x101208, 7, CONTEXT_RESERVED",
    "0x101208, 24, CONTEXT_RESERVED",
    "0x102000, 7, ENTRY_RESERVED",
    "0x102000, 11, ENTRY_RESERVED",
    "0x102000, 46, ENTRY_RESERVED",
    "0x102000, 62, ENTRY_RESERVED",
    "0x103000, 11, ENTRY_RESERVED",
    "0x104000, 51, ENTRY_RESERVED",
    "0x105000, 11, ENTRY_RESERVED",
    "0x105000, 46, ENTRY_RESERVED",
    "0x105000, 62, ENTRY_RESERVED"
  })
  void oneWrongBitGivesItsReason(String address, int bit, FaultReason reason) {
    change(Long.decode(address), 1L << bit);
    for (Access access : Access.values()) {
      assertFault(reason, access);
    }
  }

  @ParameterizedTest(name = "bit {1} of word at {0}")
  @CsvSource({
    "0x101208, 3", "0x101208, 6", "0x101208, 8", "0x101208, 23", "0x101200, 1", "0x102000, 2",
    "0x102000, 6", "0x102000, 8", "0x102000, 10", "0x102000, 52", "0x102000, 61", "0x102000, 63",
    "0x105000, 7", "0x105000, 9", "0x105000, 52", "0x105000, 63"
  })
  void ignoredBitChangesNothing(String address, int bit) {
    change(Long.decode(address), 1L << bit);
    assertEquals(new Outcome.Reached(PAGE), machine.translate(0, Access.WRITE));
  }

  @ParameterizedTest(name = "without {1} in the entry at {0}")
  @CsvSource({
    "0x102000, READ", "0x103000, READ", "0x104000, READ", "0x105000, READ",
    "0x102000, WRITE", "0x103000, WRITE", "0x104000, WRITE", "0x105000, WRITE"
  })
  void rightsAreNeededAtEveryLevel(String address, Access missing) {
    boolean read = missing == Access.READ;
    change(Long.decode(address), read ? SecondLevelEntry.R.mask() : SecondLevelEntry.W.mask());
    assertFault(read ? FaultReason.NO_READ_PERMISSION : FaultReason.NO_WRITE_PERMISSION, missing);
    Access other = read ? Access.WRITE : Access.READ;
    assertEquals(new Outcome.Reached(PAGE), machine.translate(0, other));
  }

  @Test
  void permissionIsCheckedBeforeReservedBits() {
    change(L1, SecondLevelEntry.W.mask() | SecondLevelEntry.SNP.mask());
    assertFault(FaultReason.NO_WRITE_PERMISSION, Access.WRITE);
    assertFault(FaultReason.ENTRY_RESERVED, Access.READ);
  }

  @Test
  void leafAtLevelTwoMapsTwoMebibytes() {
    machine.entry(L2, 1, SecondLevelEntry.leaf(0x100_0000L, 2, Permissions.READ_WRITE));
    assertEquals(new Outcome.Reached(0x112_3456L), machine.translate(0x32_3456L, Access.READ));
  }

  @Test
  void leafAtLevelThreeMapsOneGibibyte() {
    machine.entry(L3, 1, SecondLevelEntry.leaf(0x1_0000_0000L, 3, Permissions.READ_WRITE));
    long iova = 0x4000_0000L + 0x3abc_def8L;
    assertEquals(new Outcome.Reached(0x1_3abc_def8L), machine.translate(iova, Access.WRITE));
  }

  @Test
  void largeLeafThatIsNotAlignedIsReserved() {
    machine.entry(L2, 1, SecondLevelEntry.leaf(0x100_2000L, 2, Permissions.READ_WRITE));
    assertFault(FaultReason.ENTRY_RESERVED, Access.READ, 0x20_0000L, true);
  }

  @Test
  void largeLeafOnAUnitWithoutIsReserved() {
    machine = new VtdFixture(VtdFixture.SMALL_LEAVES, 4);
    machine.chain(L3, L2);
    machine.entry(L2, 0, SecondLevelEntry.leaf(0x100_0000L, 2, Permissions.READ_WRITE));
    assertFault(FaultReason.ENTRY_RESERVED, Access.READ);
  }

  @Test
  void snoopIsFreeOnAUnitWithSnoopControl() {
    Capabilities snooping =
        new Capabilities(VtdFixture.WIDE.cap(), Registers.Ecap.SC.with(VtdFixture.WIDE.ecap(), 1));
    machine = new VtdFixture(snooping, 4);
    machine.chain(L3, L2, L1);
    long leaf = SecondLevelEntry.leaf(PAGE, 1, Permissions.READ_WRITE);
    machine.entry(L1, 0, leaf | SecondLevelEntry.SNP.mask());
    assertEquals(new Outcome.Reached(PAGE), machine.translate(0, Access.READ));
    change(L2, SecondLevelEntry.SNP.mask());
    assertFault(FaultReason.ENTRY_RESERVED, Access.READ);
  }

  @ParameterizedTest(name = "{0} levels end at bit {1}")
  @CsvSource({"3, 39", "4, 48"})
  void addressBeyondTheTablesWidthIsBlocked(int levels, int width) {
    machine = new VtdFixture(VtdFixture.WIDE, levels);
    assertFault(FaultReason.ADDRESS_BEYOND_WIDTH, Access.READ, 1L << width, true);
    assertFault(FaultReason.ADDRESS_BEYOND_WIDTH, Access.READ, -1, true);
    assertFault(FaultReason.NO_READ_PERMISSION, Access.READ, (1L << width) - 1, true);
  }

  @Test
  void addressBeyondMgawIsBlockedThoughTheTablesReachFurther() {
    Capabilities narrow =
        new Capabilities(
            Registers.Cap.MGAW.with(VtdFixture.WIDE.cap(), 41), VtdFixture.WIDE.ecap());
    machine = new VtdFixture(narrow, 4);
    assertFault(FaultReason.ADDRESS_BEYOND_WIDTH, Access.READ, 1L << 42, true);
    assertFault(FaultReason.NO_READ_PERMISSION, Access.READ, (1L << 42) - 1, true);
  }

  @Test
  void passThroughLetsAnyAddressPass() {
    machine.attach(VtdFixture.DEVICE, ContextEntry.TT_PASS_THROUGH, 0);
    assertEquals(new Outcome.Reached(1L << 50), machine.translate(1L << 50, Access.WRITE));
  }

  @Test
  void deviceTlbTypeIsInvalidOnAUnitWithout() {
    machine.attach(VtdFixture.DEVICE, ContextEntry.TT_DEVICE_TLB, VtdFixture.TOP);
    assertFault(FaultReason.CONTEXT_INVALID, Access.READ);
  }

  @ParameterizedTest(name = "no memory where the word at {0} points: {1}")
  @CsvSource({
    "0x100000, CONTEXT_ACCESS",
    "0x101200, CONTEXT_INVALID",
    "0x102000, TABLE_ACCESS",
    "0x104000, TABLE_ACCESS"
  })
  void tableWhereNoMemoryIsGivesItsReason(String address, FaultReason reason) {
    change(Long.decode(address), NO_MEMORY);
    assertFault(reason, Access.READ);
  }

  @Test
  void rootTableWhereNoMemoryIsIsItsOwnReason() {
    Iommu unit =
        new Unit(UnitConfig.translating(VtdFixture.WIDE, 46, NO_MEMORY)).uncached(machine.memory);
    Request request = new Request(VtdFixture.DEVICE, 0, Access.READ);
    Outcome.Blocked blocked = assertInstanceOf(Outcome.Blocked.class, unit.translate(request));
    assertEquals(FaultReason.ROOT_ACCESS.code(), blocked.fault().reason());
  }

  @ParameterizedTest(name = "page {0} left out")
  @CsvSource({"0x100000", "0x101000", "0x102000", "0x103000", "0x104000", "0x105000"})
  void tableThatADumpLeftOutIsUnknown(String page) {
    UnitConfig dump = new UnitConfig(VtdFixture.WIDE, 46, true, VtdFixture.ROOT, false);
    Iommu unit = new Unit(dump).uncached(VtdFixture.without(Long.decode(page), machine.memory));
    Outcome outcome = unit.translate(new Request(VtdFixture.DEVICE, 0, Access.READ));
    long missing = assertInstanceOf(Outcome.Unknown.class, outcome).address();
    assertEquals(Long.decode(page), (missing & -SecondLevelEntry.LARGEST.pageBytes()));
  }

  @Test
  void faultProcessingDisableKeepsFaultsFromBeingRecorded() {
    change(CONTEXT_AT, ContextEntry.FPD.mask());
    assertFault(FaultReason.NO_READ_PERMISSION, Access.READ, 0x1000, false);
    change(CONTEXT_AT, ContextEntry.P.mask());
    assertFault(FaultReason.CONTEXT_NOT_PRESENT, Access.READ, 0x1000, false);
  }

  @Test
  void faultProcessingDisableCoversReservedFieldsOfItsOwnEntry() {
    change(CONTEXT_AT, ContextEntry.RSVD_11_4.mask());
    assertFault(FaultReason.CONTEXT_RESERVED, Access.READ, 0, true);
    change(CONTEXT_AT, ContextEntry.FPD.mask());
    assertFault(FaultReason.CONTEXT_RESERVED, Access.READ, 0, false);
  }

  @Test
  void requesterWithoutEntryIsBlockedByItsOwnId() {
    Request request = new Request(RequesterId.parse("00:1f.3"), 0, Access.WRITE);
    FaultReason reason = FaultReason.CONTEXT_NOT_PRESENT;
    assertEquals(
        new Outcome.Blocked(new Fault(request, reason, true)), machine.unit().translate(request));
  }

  @Test
  void targetInTheInterruptWindowIsBlocked() {
    machine.entry(L1, 0, SecondLevelEntry.leaf(0xfee0_0000L, 1, Permissions.READ_WRITE));
    assertFault(FaultReason.OUTPUT_IN_INTERRUPT_RANGE, Access.WRITE);
  }

  @ParameterizedTest
  @CsvSource({"0xfee00000", "0xfeefffff"})
  void interruptWindowIsNotTranslated(String iova) {
    assertEquals(new Outcome.Interrupt(), machine.translate(Long.decode(iova), Access.WRITE));
  }

  @Test
  void withTranslationOffEverythingPassesButInterrupts() {
    UnitConfig off = new UnitConfig(VtdFixture.WIDE, 46, false, 0, true);
    Iommu unit = new Unit(off).uncached(machine.memory);
    long iova = 0xdead_beef_f000L;
    assertEquals(
        new Outcome.Reached(iova),
        unit.translate(new Request(VtdFixture.DEVICE, iova, Access.WRITE)));
    assertEquals(
        new Outcome.Interrupt(),
        unit.translate(new Request(VtdFixture.DEVICE, 0xfee0_1000L, Access.WRITE)));
  }

  @ParameterizedTest(name = "mode {0}: {1}")
  @CsvSource({"1, MODE_INVALID", "2, MODE_INVALID", "3, MODE_ABORT"})
  void modeThatTheUnitLacksBlocksAll(int mode, FaultReason reason) {
    UnitConfig config =
        UnitConfig.translating(
            VtdFixture.WIDE, 46, Registers.Rtaddr.TTM.with(VtdFixture.ROOT, mode));
    Outcome outcome =
        new Unit(config)
            .uncached(machine.memory)
            .translate(new Request(VtdFixture.DEVICE, 0, Access.READ));
    int code = assertInstanceOf(Outcome.Blocked.class, outcome).fault().reason();
    assertEquals(reason.code(), code);
  }
}
