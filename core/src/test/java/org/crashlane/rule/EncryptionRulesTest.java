// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.amdvi.AmdviTables;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.MemoryEncryption.CaptureDma;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A host whose memory is encrypted: addresses that devices are given, and table words, have a bit.
 */
class EncryptionRulesTest {
  private static final RequesterId DISK = RequesterId.parse("00:04.0");
  private static final AddressRange RAM = AddressRange.ofSize(0, 1L << 30);
  private static final AddressRange CRASH = AddressRange.ofSize(0x20000000, 16 << 20);
  private static final long BIT = 1L << 47;
  private static final long DEVICE_TABLE = 0x400000;
  private static final TableId TABLE = new TableId(0x200000, PageTableEntry.geometry(4));
  private static final long RIGHTS = 3L << 61;

  private final SparseMemory memory = SparseMemory.ofSize(RAM.sizeBytes());
  private final PageArena arena = PageArena.in(AddressRange.ofSize(0x10000000, 1 << 20));

  private final Map<Integer, Long> registers =
      new HashMap<>(Map.of(0x00, DEVICE_TABLE | BIT | 511, 0x18, 1L, 0x30, 0x29d3L));

  @BeforeEach
  void attachTheDiskAndArmItsPlainAddresses() {
    long at = DEVICE_TABLE + DISK.value() * 32L;
    memory.writeLong(at, 3 | 4L << 9 | TABLE.root() | BIT | RIGHTS);
    memory.writeLong(at + 8, 5);
    assertInstanceOf(
        MapResult.Mapped.class,
        tables(BIT).mapIdentity(memory, TABLE, Window.ofCrashRange(CRASH), arena));
  }

  private TranslationTables tables(long encryptionMask) {
    return AmdviTables.open(
        memory,
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            return registers.getOrDefault(offset, 0L);
          }

          @Override
          public long read64(int offset) {
            return registers.getOrDefault(offset, 0L);
          }
        },
        new HostFacts(
            UnitConfig.PHYSICAL_ADDRESS_WIDTH_MAX, encryptionMask, Known.UNKNOWN, Set.of()));
  }

  private static Machine machine(DmaMasks masks) {
    Device disk = new Device(DISK, "nvme", DumpRole.NAMED, masks, false);
    return machine(disk);
  }

  private static Machine machine(Device... devices) {
    return new Machine(List.of(RAM), List.of(CRASH), List.of(devices))
        .withInterrupts(new Interrupts(Processors.UNKNOWN, List.of(RequesterId.parse("00:14.0"))));
  }

  private Verdict judge(DmaMasks masks) {
    return judge(masks, CaptureDma.ENCRYPTED);
  }

  private Verdict judge(DmaMasks masks, CaptureDma capture) {
    return KdumpIoRule.judge(
        machine(masks).withEncryption(new MemoryEncryption.Host(47, capture)), tables(BIT));
  }

  /** A RAID card's: 64 bits for data, 32 for commands. */
  private static DmaMasks narrowRings() {
    return new DmaMasks(DmaMask.ofBits(64), DmaMask.ofBits(32));
  }

  /** Has the upper half of what the table translates lead where the lower half does. */
  private void mapAddressesWithTheBit() {
    memory.writeLong(TABLE.root() + 256 * 8, memory.readLong(TABLE.root()));
  }

  @Test
  void wordsWithTheBitLeadToThePagesWithoutIt() {
    assertEquals(
        Answer.HOLDS, KdumpIoRule.judge(machine(DmaMasks.ofBits(32)), tables(BIT)).answer());
  }

  @Test
  void wordsWithTheBitCannotBeFollowedByAReaderThatTakesItForAnAddress() {
    Verdict verdict = KdumpIoRule.judge(machine(DmaMasks.ofBits(32)), tables(0));
    assertEquals(1, Verdicts.of(verdict, FindingCode.W1).size(), verdict::toString);
    assertEquals(Answer.UNKNOWN, verdict.answer());
  }

  @Test
  void aDeviceThatIsGivenAddressesWithTheBitNeedsThemMappedOrBreaksA7() {
    Finding finding = Verdicts.only(judge(DmaMasks.ofBits(64)), FindingCode.A7, Severity.BROKEN);
    AddressRange withBit = new AddressRange(CRASH.first() | BIT, CRASH.last() | BIT);
    assertEquals(List.of(withBit), finding.ranges());
  }

  @Test
  void whetherTheEntriesCarryTheBitIsNotReadAndSoUnknown() {
    mapAddressesWithTheBit();
    Verdicts.only(judge(DmaMasks.ofBits(64)), FindingCode.A7, Severity.UNKNOWN);
    Verdicts.only(judge(DmaMasks.ofBits(32)), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void ringsKeepTheBitHoweverBuffersAreBounced() {
    Verdicts.only(judge(DmaMasks.ofBits(64), CaptureDma.BOUNCED), FindingCode.A7, Severity.BROKEN);
    Verdicts.only(judge(narrowRings(), CaptureDma.BOUNCED), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void ringsWithoutTheBitDoNotHelpBuffersWithIt() {
    Verdicts.only(judge(narrowRings()), FindingCode.A7, Severity.BROKEN);
  }

  @Test
  void aCaptureKernelThatDoesNotEncryptSendsNothingWithTheBit() {
    Verdicts.only(judge(DmaMasks.ofBits(64), CaptureDma.PLAIN), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void whatPlainAddressesReachIsNotEncryptedAndTheTablesAre() {
    long third = memory.readLong(TABLE.root());
    assertEquals(BIT, third & BIT);
    long second = memory.readLong(address(third & ~BIT));
    assertEquals(BIT, second & BIT);
    long leaf = memory.readLong(address(second & ~BIT) + 0x100 * 8);
    assertEquals(CRASH.first(), address(leaf));
  }

  private static long address(long word) {
    return word & 0xf_ffff_ffff_f000L;
  }

  @Test
  void theBitDecidesWhatIsANarrowDevice() {
    Verdicts.only(judge(DmaMasks.ofBits(48)), FindingCode.A7, Severity.BROKEN);
    Verdicts.only(judge(DmaMasks.ofBits(47)), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void aMaskOrAnEncryptionThatIsNotKnownIsUnknown() {
    Verdicts.only(judge(DmaMasks.UNKNOWN), FindingCode.A7, Severity.UNKNOWN);
    Machine unknown = machine(DmaMasks.ofBits(64)).withEncryption(MemoryEncryption.unknown());
    Verdicts.only(KdumpIoRule.judge(unknown, tables(BIT)), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void ringsGoByTheCoherentMaskAndBuffersByTheOther() {
    DmaMask wide = DmaMask.ofBits(64);
    DmaMask narrow = DmaMask.ofBits(32);
    Verdicts.only(judge(new DmaMasks(narrow, wide)), FindingCode.A7, Severity.BROKEN);
    Verdicts.only(judge(new DmaMasks(wide, narrow)), FindingCode.A7, Severity.BROKEN);
    Verdicts.only(judge(new DmaMasks(narrow, DmaMask.unknown())), FindingCode.A7, Severity.UNKNOWN);
  }

  @Test
  void whatOneDeviceNeedsIsNotAskedOfAnothersTable() {
    mapAddressesWithTheBit();
    RequesterId other = RequesterId.parse("00:06.0");
    TableId table = new TableId(0x300000, PageTableEntry.geometry(4));
    long at = DEVICE_TABLE + other.value() * 32L;
    memory.writeLong(at, 3 | 4L << 9 | table.root() | BIT | RIGHTS);
    memory.writeLong(at + 8, 6);
    assertInstanceOf(
        MapResult.Mapped.class,
        tables(BIT).mapIdentity(memory, table, Window.ofCrashRange(CRASH), arena));
    Device wide = new Device(DISK, "nvme", DumpRole.NAMED, DmaMasks.ofBits(64), false);
    Device narrow = new Device(other, "card", DumpRole.NAMED, DmaMasks.ofBits(32), false);
    Machine both = machine(wide, narrow).withEncryption(new MemoryEncryption.Host(47));
    Verdict verdict = KdumpIoRule.judge(both, tables(BIT));
    assertEquals(2, Verdicts.of(verdict, FindingCode.A7).size(), verdict::toString);
    assertEquals(Answer.UNKNOWN, verdict.answer());
  }

  @Test
  void theWholeRangeIsNeededAtAddressesWithTheBit() {
    mapAddressesWithTheBit();
    long level3 = memory.readLong(TABLE.root()) & 0xffff_f000L;
    long level2 = memory.readLong(level3) & 0xffff_f000L;
    long last = level2 + (CRASH.last() >>> 21 & 511) * 8;
    // A second way for the upper half, without the last 2 MiB.
    long copy3 = 0x500000;
    long copy2 = 0x501000;
    for (int i = 0; i < 512; i++) {
      memory.writeLong(copy3 + i * 8L, memory.readLong(level3 + i * 8L));
      memory.writeLong(copy2 + i * 8L, memory.readLong(level2 + i * 8L));
    }
    memory.writeLong(copy2 + (last - level2), 0);
    memory.writeLong(copy3, (memory.readLong(level3) & ~0xffff_f000L) | copy2);
    memory.writeLong(
        TABLE.root() + 256 * 8, (memory.readLong(TABLE.root()) & ~0xffff_f000L) | copy3);
    Verdicts.only(judge(DmaMasks.ofBits(64)), FindingCode.A7, Severity.BROKEN);
  }

  @Test
  void theBitIsNoPartOfWhereTheUnitsBuffersAreAndStore() {
    registers.put(0x18, 1L | 1 << 12);
    registers.put(0x08, 0x600000 | BIT | 8L << 56);
    Machine plain = machine(DmaMasks.ofBits(64));
    assertEquals(Answer.HOLDS, KdumpIoRule.judge(plain, tables(BIT)).answer());
    // A COMPLETION_WAIT with a store, behind the last entry of the ring.
    registers.put(0x2000, 0xff0L);
    registers.put(0x2008, 0x10L);
    memory.writeLong(0x600000, CRASH.first() | BIT | 1 | 1L << 60);
    Verdicts.only(KdumpIoRule.judge(plain, tables(BIT)), FindingCode.L3, Severity.BROKEN);
    registers.put(0x2000, 0x10L);
    assertEquals(Answer.HOLDS, KdumpIoRule.judge(plain, tables(BIT)).answer());
    registers.put(0x08, CRASH.first() | BIT | 8L << 56);
    Verdicts.only(KdumpIoRule.judge(plain, tables(BIT)), FindingCode.L3, Severity.BROKEN);
  }
}
