// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Reading.Reserved;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/** The tables of one PHB as the rule sees them. */
class CalgaryTablesTest {
  private static final AddressRange CRASH = new AddressRange(0x200_0000L, 0x21f_ffffL);
  private static final AddressRange RAM = AddressRange.ofSize(0, 8L << 30);
  private static final RequesterId DISK = CalgaryFixture.DEVICE;
  private static final RequesterId CARD = RequesterId.parse("01:01.0");
  private static final TableId TABLE = TableId.flat(CalgaryFixture.TABLE_ADDRESS, Tce.PAGE_BYTES);

  private final CalgaryFixture machine = new CalgaryFixture(TableSize.KIB_256);

  private CalgaryTables open(long configRw) {
    Phb registers =
        new Phb()
            .withTar(3, Tar.of(machine.table))
            .with(3, PhbRegister.CONFIG_RW, configRw)
            .with(3, PhbRegister.CSR, 0x20_0000L)
            .with(3, PhbRegister.MEM_1_LOW, 0x300_0000L)
            .with(3, PhbRegister.MEM_1_SIZE, 0x30f_ffffL);
    AddressRange bridge = new AddressRange(0x400_0000L, 0x40f_ffffL);
    return CalgaryTables.open(
        machine.memory, Chip.CALGARY, registers, 3, List.of(DISK, CARD, DISK), List.of(bridge));
  }

  private CalgaryTables open() {
    return open(ConfigRw.enabling(0));
  }

  private void arm(AddressRange range) {
    open().mapIdentity(machine.memory, TABLE, Window.ofCrashRange(range), PageArena.of());
  }

  private Verdict judge(AddressRange crash) {
    return judge(crash, open());
  }

  private static Verdict judge(AddressRange crash, CalgaryTables tables) {
    List<Device> disk = List.of(new Device(DISK, "disk", DumpRole.NAMED));
    return KdumpIoRule.judge(new Machine(List.of(RAM), List.of(crash), disk), tables);
  }

  private static List<FindingCode> codes(Verdict verdict) {
    return verdict.findings().stream().map(Finding::code).toList();
  }

  @Test
  void allBehindThePhbShareItsTable() {
    assertEquals(
        List.of(
            new Attachment.Translated(CARD, TABLE, 3), new Attachment.Translated(DISK, TABLE, 3)),
        open().devices().attachments());
    assertEquals(AddressRange.ofSize(0, 128 << 20), open().reach(TABLE));
    assertEquals("0x7f800000 (flat)", TABLE.toString());
  }

  @Test
  void disabledSlotsBlockAllAndSomeOfThemAreNotUnderstood() {
    CalgaryTables off = open(ConfigRw.disablingSlots(ConfigRw.enabling(0)));
    assertEquals(Translation.BLOCKS, off.state().translation());
    off.devices().attachments().forEach(a -> assertInstanceOf(Attachment.Blocked.class, a));
    assertEquals(List.of(FindingCode.A3), codes(judge(CRASH, off)));
    CalgaryTables some = open(ConfigRw.SLOT_DISABLE.of(1));
    assertEquals(Translation.TRANSLATES, some.state().translation());
    some.devices().attachments().forEach(a -> assertInstanceOf(Attachment.Unsupported.class, a));
    assertEquals(Verdict.Answer.UNKNOWN, judge(CRASH, some).answer());
  }

  @Test
  void withTranslationOffTheRuleHoldsByItself() {
    CalgaryTables off = open(0);
    assertEquals(Translation.PASSES, off.state().translation());
    off.devices().attachments().forEach(a -> assertInstanceOf(Attachment.PassThrough.class, a));
    assertEquals(List.of(), codes(judge(CRASH, off)));
  }

  @Test
  void theStateTellsEveryRegister() {
    List<Word> registers = open(ConfigRw.disablingSlots(0)).state().description();
    assertEquals(
        List.of(
            "TAR 0x7f800002: TABLE=0xff00 SPEC=0x2",
            "CONFIG_RW 0x1c000000: SLOT_DISABLE=0x7",
            "CSR 0x200000: ERROR_31_21=0x1"),
        registers.stream().map(Word::toString).toList());
    assertEquals(CalgaryFixture.TABLE_ADDRESS, open().state().rootAddress());
  }

  @Test
  void nothingSetUpBreaksA1AndTheArmedRangeHolds() {
    assertEquals(List.of(FindingCode.A1), codes(judge(CRASH)));
    arm(CRASH);
    assertEquals(List.of(), codes(judge(CRASH)));
  }

  @Test
  void anIovaOfTheCrashRangeThatLeadsElsewhereBreaksA4() {
    arm(new AddressRange(CRASH.first() + 0x1000, CRASH.last()));
    machine.map(CRASH.first(), 0x5000_0000L, Permissions.READ_WRITE);
    assertEquals(List.of(FindingCode.A4, FindingCode.L2), codes(judge(CRASH)));
  }

  @Test
  void aCrashRangeThatTheTableDoesNotReachBreaksB2() {
    AddressRange across = new AddressRange(0x7f0_0000L, 0x80f_ffffL);
    arm(new AddressRange(0x7f0_0000L, 0x7ff_ffffL));
    Verdict verdict = judge(across);
    assertEquals(List.of(FindingCode.B2, FindingCode.A1), codes(verdict));
    assertEquals(List.of(new CrashRangeBelow(0x8000000)), verdict.findings().getFirst().remedies());
  }

  @Test
  void aCrashRangeOverWhatIsNeverTranslatedBreaksB3WithTheReason() {
    for (String[] each :
        new String[][] {
          {"0x1f000-0x3ffff", "EMERGENCY"},
          {"0x90000-0xaffff", "LOW_MEGABYTE"},
          {"0x30ff000-0x3ffffff", "MEM_1"},
          {"0x3f00000-0x4000fff", "BRIDGE_WINDOW"}
        }) {
      Finding b3 =
          judge(AddressRange.parse(each[0])).findings().stream()
              .filter(f -> f.code() == FindingCode.B3)
              .findFirst()
              .orElseThrow();
      Reserved reserved = assertInstanceOf(Reserved.class, b3.evidence().getFirst());
      assertEquals(ReservedRegion.Kind.valueOf(each[1]), reserved.range().why());
    }
    arm(CRASH);
    assertEquals(List.of(), codes(judge(CRASH)));
  }

  @Test
  void tablePagesInTheCrashRangeBreakL3() {
    AddressRange over = AddressRange.ofSize(CalgaryFixture.TABLE_ADDRESS + 0x1000, 0x1000);
    assertTrue(codes(judge(over)).contains(FindingCode.L3));
    machine.map(0x10_0000L, CalgaryFixture.TABLE_ADDRESS, Permissions.READ_WRITE);
    arm(CRASH);
    assertTrue(codes(judge(CRASH)).contains(FindingCode.L3), "a device may write the table");
  }

  @Test
  void thereAreNoDeviceTables() {
    assertEquals(List.of(), open().devices().pages());
    assertEquals(List.of(), open().devices().malformations());
    assertEquals(0x5000_0000L, open().nextTable(Tce.toMemory(0x5000_0003L)));
  }

  @Test
  void anotherTableIsTheCallersMistake() {
    TableId other = TableId.flat(0x1000_0000L, Tce.PAGE_BYTES);
    assertThrows(IllegalArgumentException.class, () -> open().reach(other));
    assertThrows(IllegalArgumentException.class, () -> open().walk(other, new RecordedWalk()));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            open().mapIdentity(machine.memory, other, Window.ofCrashRange(CRASH), PageArena.of()));
  }
}
