// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.Buffer;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the rule makes of entries and registers that only AMD's IOMMUs have. */
class AmdviRuleTest {
  private static final RequesterId DISK = RequesterId.parse("00:04.0");
  private static final RequesterId IO_APIC = RequesterId.parse("00:14.0");
  private static final AddressRange RAM = AddressRange.ofSize(0, 1L << 30);
  private static final AddressRange CRASH = AddressRange.ofSize(0x20000000, 16 << 20);
  private static final long PAGE = 4096;
  private static final long ELSEWHERE = 0x8000000;

  private static final long DEVICE_TABLE = 0x400000;
  private static final long DEVICE_TABLE_PAGES = 512;
  private static final TableId TABLE = new TableId(0x200000, PageTableEntry.geometry(4));

  /** As QEMU's unit: up to 6 levels. */
  private static final long EXT_FEATURES = 0x29d3;

  private static final long V = 1;
  private static final long TV = 2;
  private static final long IR = 1L << 61;
  private static final long IW = 1L << 62;
  private static final long FOUR_LEVELS = 4L << 9;
  private static final long EX = 1L << 39;
  private static final long EX_EN = 1;
  private static final long ALLOW = 2;

  private final SparseMemory memory = SparseMemory.ofSize(RAM.sizeBytes());
  private final PageArena arena = PageArena.in(AddressRange.ofSize(0x10000000, 1 << 20));
  private final Map<Integer, Long> registers = new HashMap<>();
  private long enabled = 1;
  private long exclusionBase;
  private long exclusionLimit;

  private void entry(long word0, long word1) {
    long at = DEVICE_TABLE + DISK.value() * 32L;
    memory.writeLong(at, word0);
    memory.writeLong(at + 8, word1 | 5);
  }

  private static long translated(long rights) {
    return V | TV | FOUR_LEVELS | TABLE.root() | rights;
  }

  private void exclude(AddressRange range, long bits) {
    exclusionBase = range.first() | EX_EN | bits;
    exclusionLimit = range.last() & -PAGE;
  }

  private void arm(AddressRange range) {
    tables().mapIdentity(memory, TABLE, Window.ofCrashRange(range), arena);
  }

  /** Maps one page, behind tables that arming has left. */
  private void map(long iova, long physical) {
    long at = TABLE.root();
    for (int level = 4; level > 1; level--) {
      at =
          memory.readLong(at + ((iova >>> (12 + 9 * (level - 1))) & 511) * 8) & 0xf_ffff_ffff_f000L;
    }
    memory.writeLong(at + ((iova >>> 12) & 511) * 8, physical | 1 | IR | IW);
  }

  private TranslationTables tables() {
    return Vendor.AMDVI.open(
        memory,
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            throw new IllegalArgumentException("no register of 32 bits: " + offset);
          }

          @Override
          public long read64(int offset) {
            return switch (offset) {
              case 0x00 -> DEVICE_TABLE | (DEVICE_TABLE_PAGES - 1);
              case 0x18 -> enabled | registers.getOrDefault(offset, 0L);
              case 0x20 -> exclusionBase;
              case 0x28 -> exclusionLimit;
              case 0x30 -> EXT_FEATURES;
              default -> registers.getOrDefault(offset, 0L);
            };
          }
        },
        HostFacts.UNKNOWN);
  }

  private Verdict judge(Device... devices) {
    Machine machine =
        new Machine(List.of(RAM), List.of(CRASH), List.of(devices))
            .withInterrupts(new Interrupts(Processors.UNKNOWN, List.of(IO_APIC)));
    return KdumpIoRule.judge(machine, tables());
  }

  private Verdict judge() {
    return judge(new Device(DISK, "nvme", DumpRole.NAMED));
  }

  private static List<FindingCode> codes(Verdict verdict) {
    return verdict.findings().stream().map(Finding::code).toList();
  }

  private static Finding only(Verdict verdict, FindingCode code) {
    List<Finding> found = verdict.findings().stream().filter(f -> f.code() == code).toList();
    assertEquals(1, found.size(), verdict.toString());
    assertEquals(Answer.BROKEN, verdict.answer());
    return found.getFirst();
  }

  @Test
  void theArmedCrashRangeHolds() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    assertEquals(Verdict.of(List.of()), judge());
  }

  @Test
  void anEntryWithOneRightBreaksA2WhateverTheTablesGive() {
    arm(CRASH);
    entry(translated(IR), 0);
    Finding readOnly = only(judge(), FindingCode.A2);
    assertEquals(List.of(CRASH), readOnly.ranges());
    assertEquals(Permissions.READ_ONLY, permissions(readOnly));
    entry(translated(IW), 0);
    assertEquals(Permissions.WRITE_ONLY, permissions(only(judge(), FindingCode.A2)));
  }

  private static Permissions permissions(Finding finding) {
    return ((Mapped) finding.evidence().get(1)).mapping().permissions();
  }

  @Test
  void modeZeroServesTheCrashRangeWithBothRightsOnly() {
    entry(V | TV | IR | IW, 0);
    assertEquals(Answer.HOLDS, judge().answer());
    entry(V | TV | IR, 0);
    assertEquals(List.of(CRASH), only(judge(), FindingCode.A2).ranges());
    entry(V | TV | IW, 0);
    assertEquals(List.of(FindingCode.A2), codes(judge()));
    entry(V | TV, 0);
    only(judge(), FindingCode.A3);
  }

  @Test
  void anEntryThatIsNotValidPassesTheCrashRange() {
    entry(0, 0);
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void theExclusionRangeServesTheCrashRangeOfThoseItIsFor() {
    entry(translated(IR | IW), 0);
    exclude(CRASH, 0);
    only(judge(), FindingCode.A1);
    exclude(CRASH, ALLOW);
    assertEquals(Answer.HOLDS, judge().answer());
    exclude(CRASH, 0);
    entry(translated(IR | IW), EX);
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void theExclusionRangeServesDevicesThatTheirEntriesBlock() {
    exclude(CRASH, ALLOW);
    for (long word0 : new long[] {V | TV, V, V | TV | IR, translated(IW)}) {
      entry(word0, 0);
      assertEquals(Answer.HOLDS, judge().answer(), Long.toHexString(word0));
    }
    entry(V | TV | IR | IW | 1 << 2, 0);
    only(judge(), FindingCode.A3);
  }

  @Test
  void whatTheExclusionRangeLeavesIsTheTablesAffair() {
    entry(translated(IR | IW), 0);
    AddressRange upper = new AddressRange(CRASH.first() + (4 << 20), CRASH.last());
    exclude(upper, ALLOW);
    Finding finding = only(judge(), FindingCode.A1);
    assertTrue(
        finding
            .evidence()
            .contains(
                new Addresses(
                    AddressFact.HOLE, new AddressRange(CRASH.first(), upper.first() - 1))),
        finding.toString());
    arm(new AddressRange(CRASH.first(), upper.first() - 1));
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void tablesDoNotCountWithinTheExclusionRange() {
    entry(translated(IR | IW), 0);
    arm(AddressRange.ofSize(CRASH.first(), PAGE));
    map(CRASH.first() + PAGE, ELSEWHERE);
    assertTrue(codes(judge()).contains(FindingCode.A4));
    exclude(CRASH, ALLOW);
    Verdict verdict = judge();
    assertEquals(Answer.HOLDS, verdict.answer());
    assertEquals(List.of(FindingCode.L1), codes(verdict), verdict.toString());
  }

  @Test
  void mappingsOnBothSidesOfTheExclusionRangeCount() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    exclude(AddressRange.ofSize(CRASH.first() + (4 << 20), 4 << 20), ALLOW);
    assertEquals(Answer.HOLDS, judge().answer());
    entry(translated(IR), 0);
    Finding finding = only(judge(), FindingCode.A2);
    assertEquals(
        new Amount(Quantity.BYTES_LACKING_A_RIGHT, 0xc00000, 0x1000000),
        finding.evidence().getFirst());
  }

  @Test
  void whatPassesByTheExclusionRangeIsNotContained() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    exclude(AddressRange.ofSize(CRASH.last() + 1 - PAGE, PAGE), ALLOW);
    Finding note = judge().findings().getFirst();
    assertEquals(FindingCode.L1, note.code());
    assertEquals(Severity.NOTE, note.severity());
    assertEquals(List.of(AddressRange.ofSize(CRASH.last() + 1 - PAGE, PAGE)), note.ranges());
    exclude(AddressRange.ofSize(CRASH.last() + 1, PAGE), ALLOW);
    assertEquals(Verdict.of(List.of()), judge());
  }

  @Test
  void aGuestsDeviceWithTheCrashRangeInTheExclusionRangeBreaksG1() {
    RequesterId card = RequesterId.parse("00:05.0");
    memory.writeLong(DEVICE_TABLE + card.value() * 32L, V | TV);
    entry(translated(IR | IW), 0);
    arm(CRASH);
    exclude(CRASH, ALLOW);
    Device guests = new Device(card, "card", DumpRole.NONE, DmaMasks.UNKNOWN, true);
    only(judge(new Device(DISK, "nvme", DumpRole.NAMED), guests), FindingCode.G1);
  }

  /** Offset of a base register, the control bits that turn it on, and how many bytes it has. */
  @ParameterizedTest
  @CsvSource({
    "0x08, 0x1000, 8192",
    "0x10, 0x4, 8192",
    "0x38, 0x2000, 8192",
    "0xe0, 0x10000000, 4096",
    "0xf0, 0x40000000, 8192",
    "0xf8, 0x100000000, 8192"
  })
  void aLogOrTheCommandBufferInTheCrashRangeBreaksL3WhileItIsOn(
      String register, String enable, long sizeBytes) {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    long length = 9L << 56;
    registers.put(Integer.decode(register), CRASH.first() - sizeBytes + PAGE | length);
    assertEquals(Answer.HOLDS, judge().answer());
    registers.put(0x18, Long.decode(enable));
    only(judge(), FindingCode.L3);
    registers.put(Integer.decode(register), CRASH.last() + 1 - PAGE | length);
    only(judge(), FindingCode.L3);
    registers.put(Integer.decode(register), CRASH.last() + 1 | length);
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void aCompletionStoreIntoTheCrashRangeBreaksL3WhileItIsPending() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    long ring = 0x500000;
    registers.put(0x18, 1L << 12);
    registers.put(0x08, ring | 9L << 56);
    long completionWait = 1L << 60;
    long store = 1;
    memory.writeLong(ring + 0x10, completionWait | CRASH.first() + 8 | store);
    registers.put(0x2000, 0x20L);
    registers.put(0x2008, 0x20L);
    assertEquals(Answer.HOLDS, judge().answer());
    registers.put(0x2000, 0L);
    only(judge(), FindingCode.L3);
  }

  @Test
  void theTailOfTheGuestLogStoredIntoTheCrashRangeBreaksL3() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    registers.put(0x18, 1L << 28);
    registers.put(0xe8, CRASH.first() + 8);
    only(judge(), FindingCode.L3);
  }

  @Test
  void guestTablesForRequestsWithAPasidAreNotReadAndSoUnknown() {
    long gv = 1L << 55;
    entry(translated(IR | IW), 0);
    arm(CRASH);
    assertEquals(Answer.HOLDS, judge().answer());
    entry(translated(IR | IW) | gv, 0);
    Verdicts.only(judge(), FindingCode.W1, Severity.UNKNOWN);
    long gtEn = 1L << 16;
    registers.put(0x18, gtEn);
    Verdicts.only(judge(), FindingCode.W1, Severity.UNKNOWN);
  }

  @Test
  void aUnitThatIsOffWritesNoLogWhateverItsOtherBitsSay() {
    registers.put(0x10, CRASH.first());
    registers.put(0x18, 1L << 2);
    entry(translated(IR | IW), 0);
    arm(CRASH);
    only(judge(), FindingCode.L3);
    enabled = 0;
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void interruptsOfAGuestThatArePostedIntoTheCrashRangeBreakL3() {
    long table = 0x700000;
    entry(translated(IR | IW), 0);
    arm(CRASH);
    // Remapped, by a table of 512 entries; 128 bits each (GAEn).
    memory.writeLong(DEVICE_TABLE + DISK.value() * 32L + 16, 1 | 9 << 1 | table | 2L << 60);
    registers.put(0x18, 1L << 17);
    memory.writeLong(table + 511 * 16, 1 | 1 << 7);
    memory.writeLong(table + 511 * 16 + 8, CRASH.last() & -PAGE);
    Finding posted = Verdicts.of(judge(), FindingCode.L3).getFirst();
    Buffer buffer = assertInstanceOf(Buffer.class, posted.evidence().getFirst());
    assertTrue(
        buffer.buffer().what().term().meaning().startsWith("virtual APIC"), posted.toString());
    memory.writeLong(table + 511 * 16 + 8, CRASH.last() + 1);
    assertEquals(List.of(), Verdicts.of(judge(), FindingCode.L3));
    memory.writeLong(table + 511 * 16 + 8, CRASH.first());
    memory.writeLong(table + 511 * 16, 1);
    assertEquals(List.of(), Verdicts.of(judge(), FindingCode.L3));
  }

  @Test
  void entriesOfTheGuestLogHave8Bytes() {
    entry(translated(IR | IW), 0);
    arm(CRASH);
    registers.put(0x18, 1L << 28);
    registers.put(0xe0, CRASH.first() - PAGE | 9L << 56);
    assertEquals(Answer.HOLDS, judge().answer());
    registers.put(0xe0, CRASH.first() - PAGE | 10L << 56);
    only(judge(), FindingCode.L3);
  }
}
