// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What mapping writes, and what it refuses to. */
class TablesTest {
  private static final AddressRange ARENA = AddressRange.ofSize(0x1000_0000L, 0x100_0000L);
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;

  private VtdFixture machine;
  private CountingMemory memory;

  @BeforeEach
  void start() {
    use(new VtdFixture());
  }

  private void use(VtdFixture fixture) {
    machine = fixture;
    memory = new CountingMemory(machine.memory);
  }

  private MapResult map(AddressRange range) {
    return new TableEditor(machine.config.secondLevel())
        .map(memory, machine.table(), Mapping.identity(range), PageArena.in(ARENA));
  }

  private MapResult map(Mapping mapping) {
    return new TableEditor(machine.config.secondLevel())
        .map(memory, machine.table(), mapping, PageArena.in(ARENA));
  }

  @ParameterizedTest(name = "{0} bytes from {1}: {2} leaves, {3} tables")
  @CsvSource({
    "0x1000, 0x1000, 1, 3",
    "0x200000, 0x200000, 1, 2",
    "0x200000, 0x201000, 512, 4",
    "0x40000000, 0x40000000, 1, 1",
    "0x40000000, 0x40200000, 512, 3",
    "0x40201000, 0x40000000, 3, 3",
    "0x200000000, 0x100000000, 8, 1"
  })
  void leavesAreAsLargeAsSizeAndAlignmentAllow(
      String size, String first, long leafCount, int tablePageCount) {
    AddressRange range = AddressRange.ofSize(Long.decode(first), Long.decode(size));
    assertEquals(new MapResult.Mapped(leafCount, tablePageCount, 0), map(range));
    assertEquals(
        List.of(new Mapping(range, range.first(), Permissions.READ_WRITE)),
        machine.walk().mappings());
  }

  @Test
  void unitWithoutLargeLeavesGetsSmallOnes() {
    use(new VtdFixture(VtdFixture.SMALL_LEAVES, 4));
    AddressRange range = AddressRange.ofSize(0x4000_0000L, 0x40_0000L);
    assertEquals(new MapResult.Mapped(1024, 4, 0), map(range));
  }

  @Test
  void targetElsewhereTakesTheLeavesThatBothSidesAllow() {
    AddressRange iova = AddressRange.ofSize(0x4000_0000L, 0x40_0000L);
    assertEquals(
        new MapResult.Mapped(2, 2, 0), map(new Mapping(iova, 0x6020_0000L, Permissions.READ_ONLY)));
    assertEquals(
        List.of(new Mapping(iova, 0x6020_0000L, Permissions.READ_ONLY)), machine.walk().mappings());
    use(new VtdFixture());
    assertEquals(
        new MapResult.Mapped(1024, 4, 0),
        map(new Mapping(iova, 0x6020_1000L, Permissions.READ_ONLY)));
  }

  @Test
  void tableThatExistsIsFilledAndNotReplaced() {
    machine.chain(L3, L2, L1);
    machine.entry(L1, 1, SecondLevelEntry.leaf(0x1000, 1, Permissions.READ_WRITE));
    AddressRange range = AddressRange.ofSize(0, 0x20_0000L);
    assertEquals(new MapResult.Mapped(511, 0, 0x1000), map(range));
    assertEquals(511, memory.writtenCount());
    assertEquals(List.of(new Mapping(range, 0, Permissions.READ_WRITE)), machine.walk().mappings());
  }

  @Test
  void partsThatAreMappedSoAlreadyAreLeftAlone() {
    machine.chain(L3);
    machine.entry(L3, 1, SecondLevelEntry.leaf(0x4000_0000L, 3, Permissions.READ_WRITE));
    AddressRange range = new AddressRange(0x3fe0_0000L, 0x401f_ffffL);
    assertEquals(new MapResult.Mapped(1, 1, 0x20_0000L), map(range));
  }

  @Test
  void pagesMappedElsewhereAreConflictsAndNothingIsWritten() {
    machine.chain(L3, L2, L1);
    machine.entry(L1, 5, SecondLevelEntry.leaf(0x80_0000L, 1, Permissions.READ_WRITE));
    machine.entry(L1, 6, SecondLevelEntry.leaf(0x80_1000L, 1, Permissions.READ_WRITE));
    machine.entry(L1, 9, SecondLevelEntry.leaf(0x9000L, 1, Permissions.READ_ONLY));
    MapResult.Conflict conflict =
        assertInstanceOf(MapResult.Conflict.class, map(AddressRange.ofSize(0, 0x40_0000L)));
    assertEquals(
        List.of(
            new Mapping(new AddressRange(0x5000, 0x6fff), 0x80_0000L, Permissions.READ_WRITE),
            new Mapping(new AddressRange(0x9000, 0x9fff), 0x9000, Permissions.READ_ONLY)),
        conflict.conflicts());
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void largeLeafInTheWayIsAConflictOfThePartAskedFor() {
    machine.chain(L3);
    machine.entry(L3, 0, SecondLevelEntry.leaf(0x4000_0000L, 3, Permissions.READ_WRITE));
    MapResult.Conflict conflict =
        assertInstanceOf(MapResult.Conflict.class, map(new AddressRange(0x1000, 0x2fff)));
    assertEquals(
        List.of(
            new Mapping(new AddressRange(0x1000, 0x2fff), 0x4000_1000L, Permissions.READ_WRITE)),
        conflict.conflicts());
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void entryAboveWithoutTheRightIsRefused() {
    machine.chain(L3, L2, L1);
    machine.entry(L3, 0, L2 | SecondLevelEntry.R.mask());
    MapResult.Refused refused =
        assertInstanceOf(MapResult.Refused.class, map(AddressRange.ofSize(0, 0x1000)));
    assertEquals(new Reason.Entry(0x105000), refused.reason().details().getLast());
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void malformedEntryInTheWayIsRefused() {
    machine.chain(L3, L2, L1);
    machine.entry(L2, 0, SecondLevelEntry.table(L1) | 1L << 46);
    MapResult.Refused refused =
        assertInstanceOf(MapResult.Refused.class, map(AddressRange.ofSize(0, 0x40_0000L)));
    assertEquals(new Reason.Entry(0x104000), refused.reason().details().getLast());
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void unreadableTableInTheWayIsRefused() {
    machine.chain(0x3f_0000_0000L);
    assertInstanceOf(MapResult.Refused.class, map(AddressRange.ofSize(0, 0x1000)));
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void tableThatServesTwoPartsOfTheRangeIsRefused() {
    machine.chain(L3, L2, L1);
    machine.entry(L2, 1, SecondLevelEntry.table(L1));
    assertInstanceOf(MapResult.Refused.class, map(AddressRange.ofSize(0, 0x40_0000L)));
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void tableThatMapsItselfIsRefused() {
    machine.entry(VtdFixture.TOP, 0, SecondLevelEntry.table(VtdFixture.TOP));
    assertInstanceOf(MapResult.Refused.class, map(AddressRange.ofSize(0x1000, 0x1000)));
    assertEquals(0, memory.writtenCount());
  }

  @Test
  void targetBeyondTheHostIsRefused() {
    AddressRange iova = AddressRange.ofSize(0x4000_0000L, 0x2000);
    assertInstanceOf(
        MapResult.Refused.class,
        map(new Mapping(iova, (1L << 46) - 0x1000, Permissions.READ_WRITE)));
  }

  @Test
  void pageOfTheArenaIsClearedOfWhatItHeld() {
    for (long at = ARENA.first(); at < ARENA.first() + 0x4000; at += Long.BYTES) {
      machine.memory.writeLong(at, SecondLevelEntry.leaf(0x5000, 1, Permissions.READ_WRITE));
    }
    map(AddressRange.ofSize(0x1000, 0x1000));
    assertEquals(1, machine.walk().mappings().size());
  }

  @Test
  void afterEveryStoreAnAddressIsTranslatedAsBeforeOrAsWanted() {
    machine.chain(L3, L2, L1);
    AddressRange range = new AddressRange(0x1f_d000L, 0x60_2fffL);
    long[] probes = {0x1f_cfffL, 0x1f_d000L, 0x1f_ffffL, 0x20_0000L, 0x5f_ffffL, 0x60_2fffL};
    List<String> wrong = new ArrayList<>();
    WritableMemory watched =
        new StoreWatcher(
            machine.memory,
            () -> {
              for (long iova : probes) {
                Outcome outcome =
                    machine.unit().translate(new Request(VtdFixture.DEVICE, iova, Access.WRITE));
                boolean wanted = range.contains(iova) && isReached(outcome, iova);
                if (!(outcome instanceof Outcome.Blocked) && !wanted) {
                  wrong.add(outcome + " for " + Long.toHexString(iova));
                }
              }
            });
    MapResult result =
        new TableEditor(machine.config.secondLevel())
            .map(watched, machine.table(), Mapping.identity(range), PageArena.in(ARENA));
    assertInstanceOf(MapResult.Mapped.class, result);
    assertEquals(List.of(), wrong);
    assertEquals(
        List.of(new Mapping(range, range.first(), Permissions.READ_WRITE)),
        machine.walk().mappings());
  }

  private static boolean isReached(Outcome outcome, long physical) {
    return outcome.equals(new Outcome.Reached(physical));
  }

  /** Memory whose every store of a word is followed by a look. */
  private static final class StoreWatcher extends ForwardingMemory {
    private final Runnable look;

    StoreWatcher(WritableMemory memory, Runnable look) {
      super(memory);
      this.look = look;
    }

    @Override
    public void writeLong(long address, long value) {
      super.writeLong(address, value);
      look.run();
    }

    @Override
    public void writeLongs(long address, long[] from, int count) {
      for (int i = 0; i < count; i++) {
        writeLong(address + (long) i * Long.BYTES, from[i]);
      }
    }
  }
}
