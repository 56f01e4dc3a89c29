// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests without a PASID in scalable mode: through the entry of RID_PASID. */
class ScalableModeTest {
  private static final RequesterId LOWER = RequesterId.parse("00:04.0");
  private static final RequesterId UPPER = RequesterId.parse("00:1f.2");
  private static final long ROOT = 0x100000;
  private static final long LOWER_CONTEXT = 0x101000;
  private static final long UPPER_CONTEXT = 0x102000;
  private static final long DIRECTORY = 0x103000;
  private static final long PASID_TABLE = 0x104000;
  private static final long TOP = 0x105000;
  private static final long L3 = 0x106000;
  private static final long L2 = 0x107000;
  private static final long L1 = 0x108000;
  private static final long PASID = 0x4321;
  private static final long ENTRY = PASID_TABLE + (PASID & 0x3f) * 64;
  private static final long LOWER_ENTRY = LOWER_CONTEXT + LOWER.devfn() * 32L;
  private static final long UPPER_ENTRY = UPPER_CONTEXT + (UPPER.devfn() - 128) * 32L;
  private static final long DIRECTORY_ENTRY = DIRECTORY + (PASID >> 6) * 8;

  private static final Capabilities ALL = new Capabilities(capabilities(), extended());

  private SparseMemory memory;
  private UnitConfig config;

  private static long capabilities() {
    long cap = VtdFixture.WIDE.cap();
    return Registers.Cap.FL1GP.with(Registers.Cap.FL5LP.with(cap, 1), 1);
  }

  private static long extended() {
    long ecap = VtdFixture.WIDE.ecap();
    for (var field :
        List.of(
            Registers.Ecap.SMTS,
            Registers.Ecap.SLTS,
            Registers.Ecap.FLTS,
            Registers.Ecap.NEST,
            Registers.Ecap.RPS,
            Registers.Ecap.RPRIVS,
            Registers.Ecap.SRS)) {
      ecap = field.with(ecap, 1);
    }
    return ecap;
  }

  @BeforeEach
  void attachBothDevicesToOneSecondLevelTable() {
    memory = SparseMemory.ofSize(1L << 34);
    config =
        UnitConfig.translating(
            ALL, 46, Registers.Rtaddr.TTM.with(ROOT, Registers.Rtaddr.TTM_SCALABLE));
    memory.writeLong(ROOT, ScalableRootEntry.pointingTo(LOWER_CONTEXT));
    memory.writeLong(ROOT + 8, ScalableRootEntry.pointingTo(UPPER_CONTEXT));
    for (long entry : new long[] {LOWER_ENTRY, UPPER_ENTRY}) {
      memory.writeLong(entry, DIRECTORY | 1 | ScalableContextEntry.PDTS.of(3));
      memory.writeLong(entry + 8, PASID);
    }
    memory.writeLong(DIRECTORY_ENTRY, PASID_TABLE | 1);
    type(PasidTableEntry.PGTT_SECOND_LEVEL);
    memory.writeLong(ENTRY + 8, 77);
    memory.writeLong(TOP, SecondLevelEntry.table(L3));
    memory.writeLong(L3, SecondLevelEntry.table(L2));
    memory.writeLong(L2, SecondLevelEntry.table(L1));
    memory.writeLong(L1, SecondLevelEntry.leaf(0x80_0000, 1, Permissions.READ_WRITE));
  }

  private void type(int type) {
    long word0 = PasidTableEntry.PGTT.of(type) | PasidTableEntry.P.of(1);
    if (type == PasidTableEntry.PGTT_FIRST_LEVEL) {
      memory.writeLong(ENTRY, word0);
      memory.writeLong(ENTRY + 16, TOP);
    } else {
      memory.writeLong(ENTRY, word0 | PasidTableEntry.AW.of(2) | TOP);
    }
  }

  private void change(long address, long bits) {
    memory.writeLong(address, memory.readLong(address) ^ bits);
  }

  private Outcome translate(RequesterId requester, long iova, Access access) {
    return new Unit(memory, config).translate(new Request(requester, iova, access));
  }

  private void assertFault(FaultReason reason, Access access, long iova, boolean recorded) {
    Request request = new Request(LOWER, iova, access);
    assertEquals(
        new Outcome.Blocked(new Fault(request, reason.code(), reason.meaning(), recorded)),
        translate(LOWER, iova, access));
  }

  private VtdTables tables() {
    return VtdTables.open(memory, VtdFixture.registers(config), 46);
  }

  @Test
  void bothHalvesOfABusAreTranslated() {
    assertEquals(new Outcome.Reached(0x80_0123), translate(LOWER, 0x123, Access.WRITE));
    assertEquals(new Outcome.Reached(0x80_0123), translate(UPPER, 0x123, Access.READ));
  }

  @ParameterizedTest(name = "bit {1} of word at {0} gives {2}")
  @CsvSource({
    "0x100000, 0, SCALABLE_ROOT_NOT_PRESENT",
    "0x100000, 11, SCALABLE_ROOT_RESERVED",
    "0x100008, 46, SCALABLE_ROOT_RESERVED",
    "0x101400, 0, SCALABLE_CONTEXT_NOT_PRESENT",
    "0x101400, 5, SCALABLE_CONTEXT_RESERVED",
    "0x101408, 21, SCALABLE_CONTEXT_RESERVED",
    "0x101410, 0, SCALABLE_CONTEXT_RESERVED",
    "0x101418, 63, SCALABLE_CONTEXT_RESERVED",
    "0x101408, 16, RID_PASID",
    "0x103860, 0, DIRECTORY_NOT_PRESENT",
    "0x103860, 2, DIRECTORY_RESERVED",
    "0x104840, 0, PASID_NOT_PRESENT",
    "0x104840, 6, PASID_INVALID",
    "0x104840, 8, PASID_INVALID",
    "0x104840, 2, PASID_INVALID",
    "0x104840, 10, PASID_RESERVED",
    "0x104848, 16, PASID_RESERVED",
    "0x104850, 8, PASID_RESERVED",
    "0x104840, 46, PASID_RESERVED",
    "0x108000, 0, SCALABLE_NO_READ",
    "0x108000, 11, SECOND_LEVEL_RESERVED"
  })
  void oneWrongBitGivesItsReason(String address, int bit, FaultReason reason) {
    if (reason == FaultReason.PASID_INVALID && bit == 6) {
      config = without(Registers.Ecap.NEST);
    }
    change(Long.decode(address), 1L << bit);
    assertFault(reason, Access.READ, 0, true);
  }

  private UnitConfig without(org.crashlane.bits.BitField capability) {
    Capabilities less = new Capabilities(ALL.cap(), capability.with(ALL.ecap(), 0));
    return UnitConfig.translating(less, 46, config.rootTableAddress());
  }

  @ParameterizedTest(name = "no memory where the word at {0} points: {1}")
  @CsvSource({
    "0x100000, SCALABLE_CONTEXT_ACCESS",
    "0x101400, DIRECTORY_ACCESS",
    "0x103860, PASID_ACCESS",
    "0x104840, SECOND_LEVEL_POINTER",
    "0x105000, SECOND_LEVEL_ACCESS"
  })
  void tableWhereNoMemoryIsGivesItsReason(String address, FaultReason reason) {
    change(Long.decode(address), 0x3f_0000_0000L);
    assertFault(reason, Access.READ, 0, true);
  }

  @ParameterizedTest(name = "FPD in the entry at {0}")
  @CsvSource({"0x101400", "0x103860", "0x104840"})
  void anyEntryOnTheWayMayKeepFaultsFromBeingRecorded(String address) {
    change(Long.decode(address), 1L << 1);
    assertFault(FaultReason.SCALABLE_NO_READ, Access.READ, 0x1000, false);
  }

  @Test
  void faultProcessingDisableCoversReservedFieldsOfItsOwnEntry() {
    change(LOWER_ENTRY, ScalableContextEntry.RSVD_8_5.mask());
    assertFault(FaultReason.SCALABLE_CONTEXT_RESERVED, Access.READ, 0, true);
    change(LOWER_ENTRY, ScalableContextEntry.FPD.mask());
    assertFault(FaultReason.SCALABLE_CONTEXT_RESERVED, Access.READ, 0, false);
  }

  @Test
  void unitWithoutTheChoiceTakesPasidZero() {
    config = without(Registers.Ecap.RPS);
    assertFault(FaultReason.DIRECTORY_NOT_PRESENT, Access.READ, 0, true);
  }

  @Test
  void passThroughPasses() {
    type(PasidTableEntry.PGTT_PASS_THROUGH);
    assertEquals(new Outcome.Reached(0x1234_5678L), translate(LOWER, 0x1234_5678L, Access.WRITE));
    assertEquals(new Attachment.PassThrough(LOWER, 77), tables().attachments().getFirst());
  }

  @Test
  void nestedIsSaidToBeUnknownAndUnsupported() {
    type(PasidTableEntry.PGTT_NESTED);
    assertEquals(
        ENTRY, assertInstanceOf(Outcome.Unknown.class, translate(LOWER, 0, Access.READ)).address());
    assertInstanceOf(Attachment.Unsupported.class, tables().attachments().getFirst());
  }

  @Test
  void firstLevelIsTranslatedWithItsOwnRights() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    assertEquals(new Outcome.Reached(0x80_0010), translate(LOWER, 0x10, Access.WRITE));
    firstLevel(0x80_0000 | 0b101);
    assertEquals(new Outcome.Reached(0x80_0010), translate(LOWER, 0x10, Access.READ));
    assertFault(FaultReason.SCALABLE_NO_WRITE, Access.WRITE, 0x10, true);
    firstLevel(0x80_0000 | 0b011);
    assertFault(FaultReason.USER_PRIVILEGE, Access.READ, 0x10, true);
    firstLevel(0x80_0000);
    assertFault(FaultReason.FIRST_LEVEL_NOT_PRESENT, Access.READ, 0x10, true);
    assertFault(FaultReason.NOT_CANONICAL, Access.READ, 1L << 47, true);
    firstLevel(1L << 46 | 0b111);
    assertFault(FaultReason.FIRST_LEVEL_RESERVED, Access.READ, 0x10, true);
  }

  @Test
  void privilegedRequestsNeedNoRightsUnlessProtected() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b001);
    change(LOWER_ENTRY + 8, ScalableContextEntry.RID_PRIV.mask());
    assertFault(FaultReason.SRE_CLEAR, Access.WRITE, 0, true);
    change(ENTRY + 16, PasidTableEntry.SRE.mask());
    assertEquals(new Outcome.Reached(0x80_0000), translate(LOWER, 0, Access.WRITE));
    change(ENTRY + 16, PasidTableEntry.WPE.mask());
    assertFault(FaultReason.SCALABLE_NO_WRITE, Access.WRITE, 0, true);
  }

  private void firstLevel(long leaf) {
    for (long[] link : new long[][] {{TOP, L3}, {L3, L2}, {L2, L1}}) {
      memory.writeLong(link[0], link[1] | 0b111);
    }
    memory.writeLong(L1, leaf);
  }

  @Test
  void firstLevelTablesCanBeWalked() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    long pat = 1L << 12;
    memory.writeLong(L2 + 8, 0x120_0000 | pat | 0b1000_0101);
    RecordedWalk walk = new RecordedWalk();
    new Walker(memory, config, WalkLimits.DEFAULT).walkFirstLevel(new TableId(TOP, 4), walk);
    assertEquals(List.of(), walk.malformations());
    assertEquals(
        List.of(
            new Mapping(new AddressRange(0, 0xfff), 0x80_0000, Permissions.READ_WRITE),
            new Mapping(new AddressRange(0x20_0000, 0x3f_ffff), 0x120_0000, Permissions.READ_ONLY)),
        walk.mappings());
    assertEquals(new Outcome.Reached(0x120_0020), translate(LOWER, 0x20_0020, Access.READ));
  }

  @Test
  void firstLevelTablesAreAttachedAndWalkedAsTheUnitGoesByThem() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    memory.writeLong(L1 + 8, 0x80_2000 | 0b011);
    memory.writeLong(L1 + 16, 0x80_4000 | 0b101);
    TableId table = new TableId(TOP, 4, TableId.Kind.FIRST_LEVEL);
    assertEquals(new Attachment.Translated(LOWER, table, 77), tables().attachments().getFirst());
    assertEquals(new AddressRange(0, (1L << 47) - 1), tables().reach(table));
    RecordedWalk walk = new RecordedWalk();
    tables().walk(table, walk);
    assertEquals(List.of(), walk.malformations());
    assertEquals(
        List.of(
            new Mapping(new AddressRange(0, 0xfff), 0x80_0000, Permissions.READ_WRITE),
            new Mapping(new AddressRange(0x2000, 0x2fff), 0x80_4000, Permissions.READ_ONLY)),
        walk.mappings());
    assertFault(FaultReason.USER_PRIVILEGE, Access.READ, 0x1000, true);
  }

  @Test
  void upperHalfOfFirstLevelTablesIsToldAsNotWalked() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    memory.writeLong(TOP + 256 * 8, L3 | 0b111);
    assertEquals(
        new Outcome.Reached(0x80_0000), translate(LOWER, 0xffff_8000_0000_0000L, Access.READ));
    RecordedWalk walk = new RecordedWalk();
    tables().walk(new TableId(TOP, 4, TableId.Kind.FIRST_LEVEL), walk);
    assertEquals(
        List.of(
            new Malformation(
                TOP + 256 * 8,
                L3 | 0b111,
                0xffff_8000_0000_0000L,
                Malformation.Kind.BOUND,
                "maps addresses of the upper half, which are not walked")),
        walk.malformations());
  }

  @Test
  void firstLevelTablesAreNotWritten() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    MapResult result =
        tables()
            .mapIdentity(
                memory,
                new TableId(TOP, 4, TableId.Kind.FIRST_LEVEL),
                new AddressRange(0x2a00_0000L, 0x2a00_0fffL),
                PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x10_0000L)));
    assertEquals(new MapResult.Refused("first-level tables are read, not written"), result);
  }

  @Test
  void privilegedRequestsThroughFirstLevelTablesAreNotJudged() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    change(LOWER_ENTRY + 8, ScalableContextEntry.RID_PRIV.mask());
    change(ENTRY + 16, PasidTableEntry.SRE.mask());
    assertInstanceOf(Attachment.Unsupported.class, tables().attachments().getFirst());
  }

  @Test
  void attachmentsComeFromTheRidPasidEntry() {
    TableId table = new TableId(TOP, 4);
    assertEquals(
        List.of(
            new Attachment.Translated(LOWER, table, 77),
            new Attachment.Translated(UPPER, table, 77)),
        tables().attachments());
    assertEquals(List.of(), tables().malformations());
  }

  @Test
  void reservedBitInEitherHalfOfARootEntryLeavesBothWithoutEntries() {
    change(ROOT + 8, 1L << 1);
    assertFault(FaultReason.SCALABLE_ROOT_RESERVED, Access.READ, 0, true);
    assertEquals(List.of(), tables().attachments());
    assertEquals(
        List.of(ROOT + 8), tables().malformations().stream().map(m -> m.entryAddress()).toList());
  }

  @Test
  void reservedBitOfAHalfThatIsNotPresentCountsToo() {
    memory.writeLong(ROOT + 8, 1L << 1);
    assertFault(FaultReason.SCALABLE_ROOT_RESERVED, Access.READ, 0, true);
    assertEquals(List.of(), tables().attachments());
    assertEquals(1, tables().malformations().size());
  }

  @Test
  void reservedBitInAnyWordOfAContextEntryIsToldWithItsAddress() {
    change(LOWER_ENTRY + 24, 1);
    assertInstanceOf(Attachment.Blocked.class, tables().attachments().getFirst());
    assertEquals(LOWER_ENTRY + 24, tables().malformations().getFirst().entryAddress());
    assertEquals(1, tables().malformations().getFirst().raw());
  }

  @Test
  void unitWithoutScalableModeGoesByNoTables() {
    config = without(Registers.Ecap.SMTS);
    assertFault(FaultReason.MODE_INVALID, Access.READ, 0, true);
    assertEquals(List.of(), tables().attachments());
    assertEquals(config.rootTableAddress(), tables().malformations().getFirst().raw());
  }

  @ParameterizedTest(name = "mode {0}: {1} malformations")
  @CsvSource({"2, 1", "3, 0"})
  void modesWithoutTablesBlockAll(int mode, int malformationCount) {
    config = UnitConfig.translating(ALL, 46, Registers.Rtaddr.TTM.with(ROOT, mode));
    assertInstanceOf(Outcome.Blocked.class, translate(LOWER, 0, Access.READ));
    assertEquals(List.of(), tables().attachments());
    assertEquals(malformationCount, tables().malformations().size());
  }

  @Test
  void deviceTablePagesAreAllThatLeadToTheTables() {
    List<Long> pages = tables().deviceTablePages().stream().map(AddressRange::first).toList();
    assertTrue(
        pages.containsAll(List.of(ROOT, LOWER_CONTEXT, UPPER_CONTEXT, DIRECTORY, PASID_TABLE)),
        pages.toString());
  }

  @Test
  void secondLevelTablesAreMappedAndReachedThrough() {
    AddressRange range = new AddressRange(0x2a00_0000L, 0x39ff_ffffL);
    MapResult result =
        tables()
            .mapIdentity(
                memory,
                new TableId(TOP, 4),
                range,
                PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x10_0000L)));
    assertInstanceOf(MapResult.Mapped.class, result);
    assertEquals(new Outcome.Reached(range.last()), translate(UPPER, range.last(), Access.WRITE));
  }

  @Test
  void directoryThatCannotBeReadIsUnsupportedAndTold() {
    change(LOWER_ENTRY, 0x3f_0000_0000L);
    assertInstanceOf(Attachment.Unsupported.class, tables().attachments().getFirst());
    assertEquals(1, tables().malformations().stream().map(m -> m.kind()).distinct().count());
  }
}
