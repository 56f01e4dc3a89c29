// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of scalable mode, as they are read and written. */
class ScalableTablesTest extends ScalableMachine {
  @Test
  void passThroughPasses() {
    type(PasidTableEntry.PGTT_PASS_THROUGH);
    assertEquals(new Outcome.Reached(0x1234_5678L), translate(LOWER, 0x1234_5678L, Access.WRITE));
    assertEquals(
        new Attachment.PassThrough(LOWER, 77), tables().devices().attachments().getFirst());
  }

  /** As in legacy mode, and as QEMU does: the entry's AW must be one that the unit has. */
  @Test
  void passThroughOfAWidthThatTheUnitHasNotIsInvalid() {
    type(PasidTableEntry.PGTT_PASS_THROUGH);
    memory.writeLong(ENTRY, PasidTableEntry.AW.with(memory.readLong(ENTRY), 0));
    assertFault(FaultReason.PASID_INVALID, Access.READ, 0x1234_5000L, true);
    assertInstanceOf(Attachment.Blocked.class, tables().devices().attachments().getFirst());
  }

  @Test
  void nestedIsSaidToBeUnknownAndUnsupported() {
    type(PasidTableEntry.PGTT_NESTED);
    assertEquals(
        ENTRY, assertInstanceOf(Outcome.Unknown.class, translate(LOWER, 0, Access.READ)).address());
    assertInstanceOf(Attachment.Unsupported.class, tables().devices().attachments().getFirst());
  }

  @Test
  void firstLevelTablesCanBeWalked() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    long pat = 1L << 12;
    memory.writeLong(L2 + 8, 0x120_0000 | pat | 0b1000_0101);
    RecordedWalk walk = new RecordedWalk();
    new TableWalker(
            memory, config.firstLevel(PageTableFormat.Privilege.SUPERVISOR), WalkLimits.DEFAULT)
        .walk(new TableId(TOP, SecondLevelEntry.geometry(4)), walk);
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
    TableId table = new TableId(TOP, SecondLevelEntry.geometry(4), TableId.Stage.FIRST);
    assertEquals(
        new Attachment.Translated(LOWER, table, 77), tables().devices().attachments().getFirst());
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
    tables().walk(new TableId(TOP, SecondLevelEntry.geometry(4), TableId.Stage.FIRST), walk);
    assertEquals(
        List.of(
            new Malformation(
                TOP + 256 * 8,
                L3 | 0b111,
                0xffff_8000_0000_0000L,
                Malformation.Kind.BOUND,
                Reason.of(Named.UPPER_HALF))),
        walk.malformations());
  }

  @Test
  void firstLevelTablesAreNotWritten() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    MapResult result =
        tables()
            .mapIdentity(
                memory,
                new TableId(TOP, SecondLevelEntry.geometry(4), TableId.Stage.FIRST),
                Window.ofCrashRange(new AddressRange(0x2a00_0000L, 0x2a00_0fffL)),
                PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x10_0000L)));
    AddressRange crash = new AddressRange(0x2a00_0000L, 0x2a00_0fffL);
    assertEquals(new MapResult.Refused(crash, Reason.of(TableFact.FIRST_STAGE)), result);
  }

  @Test
  void privilegedRequestsThroughFirstLevelTablesAreNotJudged() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    change(LOWER_ENTRY + 8, ScalableContextEntry.RID_PRIV.mask());
    change(ENTRY + 16, PasidTableEntry.SRE.mask());
    assertInstanceOf(Attachment.Unsupported.class, tables().devices().attachments().getFirst());
  }

  @Test
  void attachmentsComeFromTheRidPasidEntry() {
    TableId table = new TableId(TOP, SecondLevelEntry.geometry(4));
    assertEquals(
        List.of(
            new Attachment.Translated(LOWER, table, 77),
            new Attachment.Translated(UPPER, table, 77)),
        tables().devices().attachments());
    assertEquals(List.of(), tables().devices().malformations());
  }

  @Test
  void reservedBitInEitherHalfOfARootEntryLeavesBothWithoutEntries() {
    change(ROOT + 8, 1L << 1);
    assertFault(FaultReason.SCALABLE_ROOT_RESERVED, Access.READ, 0, true);
    assertEquals(List.of(), tables().devices().attachments());
    assertEquals(
        List.of(ROOT + 8),
        tables().devices().malformations().stream().map(m -> m.entryAddress()).toList());
  }

  @Test
  void reservedBitOfAHalfThatIsNotPresentCountsToo() {
    memory.writeLong(ROOT + 8, 1L << 1);
    assertFault(FaultReason.SCALABLE_ROOT_RESERVED, Access.READ, 0, true);
    assertEquals(List.of(), tables().devices().attachments());
    assertEquals(1, tables().devices().malformations().size());
  }

  @Test
  void reservedBitInAnyWordOfAContextEntryIsToldWithItsAddress() {
    change(LOWER_ENTRY + 24, 1);
    assertInstanceOf(Attachment.Blocked.class, tables().devices().attachments().getFirst());
    assertEquals(LOWER_ENTRY + 24, tables().devices().malformations().getFirst().entryAddress());
    assertEquals(1, tables().devices().malformations().getFirst().raw());
  }

  @Test
  void unitWithoutScalableModeGoesByNoTables() {
    config = without(Registers.Ecap.SMTS);
    assertFault(FaultReason.MODE_INVALID, Access.READ, 0, true);
    assertEquals(List.of(), tables().devices().attachments());
    assertEquals(config.rootTableAddress(), tables().devices().malformations().getFirst().raw());
  }

  @ParameterizedTest(name = "mode {0}: {1} malformations")
  @CsvSource({"2, 1", "3, 0"})
  void modesWithoutTablesBlockAll(int mode, int malformationCount) {
    config = UnitConfig.translating(ALL, 46, Registers.Rtaddr.TTM.with(ROOT, mode));
    assertInstanceOf(Outcome.Blocked.class, translate(LOWER, 0, Access.READ));
    assertEquals(List.of(), tables().devices().attachments());
    assertEquals(malformationCount, tables().devices().malformations().size());
  }

  @Test
  void deviceTablePagesAreAllThatLeadToTheTables() {
    List<Long> pages = tables().devices().pages().stream().map(AddressRange::first).toList();
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
                new TableId(TOP, SecondLevelEntry.geometry(4)),
                Window.ofCrashRange(range),
                PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x10_0000L)));
    assertInstanceOf(MapResult.Mapped.class, result);
    assertEquals(new Outcome.Reached(range.last()), translate(UPPER, range.last(), Access.WRITE));
  }

  @Test
  void directoryThatCannotBeReadIsUnsupportedAndTold() {
    change(LOWER_ENTRY, 0x3f_0000_0000L);
    assertInstanceOf(Attachment.Unsupported.class, tables().devices().attachments().getFirst());
    assertEquals(
        1, tables().devices().malformations().stream().map(m -> m.kind()).distinct().count());
  }

  @Test
  void otherPasidsThatLeadSomewhereAreToldOfTheDevicesThatMaySendThem() {
    long pasidEnable = ScalableContextEntry.PASIDE.of(1);
    // One page of directory: what is behind it serves as something else.
    for (long entry : new long[] {LOWER_ENTRY, UPPER_ENTRY}) {
      change(entry, ScalableContextEntry.PDTS.of(3) ^ ScalableContextEntry.PDTS.of(2));
    }
    change(LOWER_ENTRY, pasidEnable);
    assertEquals(List.of(), tables().devices().unreadBesides());
    memory.writeLong(ENTRY + 64, PasidTableEntry.P.of(1));
    assertEquals(List.of(LOWER), withOtherPasids());
    change(UPPER_ENTRY, pasidEnable);
    assertEquals(List.of(LOWER, UPPER), withOtherPasids());
    memory.writeLong(ENTRY + 64, 0);
    memory.writeLong(DIRECTORY + 8, 0x10a000 | 1);
    assertEquals(List.of(), withOtherPasids());
    memory.writeLong(0x10a000 + 63 * 64, PasidTableEntry.P.of(1));
    assertEquals(List.of(LOWER, UPPER), withOtherPasids());
  }

  private List<RequesterId> withOtherPasids() {
    return tables().devices().unreadBesides().stream()
        .map(Attachment.Unsupported::requester)
        .toList();
  }
}
