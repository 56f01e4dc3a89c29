// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.paging.UnmapResult;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What unmapping takes out, and what it refuses to; what a survey tells. */
class UnmapTest {
  private static final int PAGE = SecondLevelEntry.LARGEST.pageBytes();
  private static final AddressRange LARGE = AddressRange.ofSize(0x4000_0000L, 0x40_0000L);

  private final VtdFixture machine = new VtdFixture();
  private final CountingMemory memory = new CountingMemory(machine.memory);
  private final TableEditor tables = new TableEditor(machine.config.secondLevel());
  private final PageArena arena = PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x100_0000L));

  private void map(Mapping mapping) {
    assertInstanceOf(MapResult.Mapped.class, tables.map(memory, machine.table(), mapping, arena));
  }

  private UnmapResult unmap(AddressRange range) {
    return tables.unmap(memory, machine.table(), range);
  }

  @Test
  void leavesGoAndTablesStay() {
    AddressRange range = AddressRange.ofSize(0x4000_1000L, 3L * PAGE);
    map(new Mapping(range, 0x7000, Permissions.READ_WRITE));
    int pages = machine.walk().tablePages().size();
    long before = memory.writtenCount();
    assertEquals(new UnmapResult.Unmapped(3, 3L * PAGE), unmap(range));
    assertEquals(3, memory.writtenCount() - before);
    assertEquals(List.of(), machine.walk().mappings());
    assertEquals(pages, machine.walk().tablePages().size());
  }

  @Test
  void wholeLargeLeafIsTakenOut() {
    map(new Mapping(LARGE, LARGE.first(), Permissions.READ_WRITE));
    AddressRange half = AddressRange.ofSize(LARGE.first(), 0x20_0000L);
    assertEquals(new UnmapResult.Unmapped(1, 0x20_0000L), unmap(half));
    assertEquals(new UnmapResult.Unmapped(1, 0x20_0000L), unmap(LARGE));
  }

  @Test
  void partOfALargeLeafIsRefusedAndNothingIsWritten() {
    map(new Mapping(LARGE, LARGE.first(), Permissions.READ_WRITE));
    long before = memory.writtenCount();
    AddressRange more = AddressRange.ofSize(LARGE.first(), 0x20_0000L + PAGE);
    UnmapResult.Refused refused = assertInstanceOf(UnmapResult.Refused.class, unmap(more));
    assertTrue(refused.reason().contains("maps more than 0x40200000-0x40200fff"), refused::reason);
    assertEquals(before, memory.writtenCount());
  }

  @Test
  void nothingMappedIsNothingDone() {
    assertEquals(new UnmapResult.Unmapped(0, 0), unmap(AddressRange.ofSize(0, 1L << 40)));
    assertInstanceOf(UnmapResult.Refused.class, unmap(AddressRange.ofSize(1L << 48, PAGE)));
    assertThrows(IllegalArgumentException.class, () -> unmap(AddressRange.ofSize(PAGE, PAGE - 1)));
  }

  @Test
  void tableThatIsNoMemoryIsRefused() {
    machine.entry(VtdFixture.TOP, 0, SecondLevelEntry.table(VtdFixture.MEMORY_BYTES));
    assertInstanceOf(UnmapResult.Refused.class, unmap(AddressRange.ofSize(0, PAGE)));
  }

  @Test
  void surveyTellsWhatMappingTakesAndWritesNothing() {
    Mapping wanted =
        new Mapping(AddressRange.ofSize(0x1000, 2L * PAGE), 0x1000, Permissions.READ_WRITE);
    assertEquals(new MapResult.Mapped(2, 3, 0), tables.survey(memory, machine.table(), wanted));
    assertEquals(0, memory.writtenCount());
    assertEquals(new MapResult.Mapped(2, 3, 0), tables.map(memory, machine.table(), wanted, arena));
  }

  @Test
  void arenaOfSinglePagesGivesThemOutInTheirOrder() {
    PageArena scattered = PageArena.of(0x1000_5000L, 0x1000_1000L, 0x1000_9000L, 0x1000_3000L);
    Mapping wanted = new Mapping(AddressRange.ofSize(0x1000, PAGE), 0x1000, Permissions.READ_WRITE);
    assertEquals(
        new MapResult.Mapped(1, 3, 0), tables.map(memory, machine.table(), wanted, scattered));
    assertEquals(1, scattered.leftCount());
    assertEquals(0x1000_3000L, scattered.take().orElseThrow());
    assertEquals(
        List.of(new Mapping(wanted.iova(), 0x1000, Permissions.READ_WRITE)),
        machine.walk().mappings());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void hardwareReachesExactlyWhatIsLeft(long seed) {
    Random random = new Random(seed);
    TreeMap<Long, Long> mapped = new TreeMap<>();
    for (int step = 0; step < 300; step++) {
      long iova = (long) random.nextInt(64) * PAGE;
      if (random.nextBoolean()) {
        long physical = (long) (1 + random.nextInt(1000)) * PAGE;
        if (!mapped.containsKey(iova)) {
          map(new Mapping(AddressRange.ofSize(iova, PAGE), physical, Permissions.READ_WRITE));
          mapped.put(iova, physical);
        }
      } else {
        long count = random.nextInt(1, 9);
        unmap(AddressRange.ofSize(iova, count * PAGE));
        mapped.subMap(iova, iova + count * PAGE).clear();
      }
    }
    for (long iova = 0; iova < 72L * PAGE; iova += PAGE) {
      Outcome outcome = machine.translate(iova, Access.WRITE);
      if (mapped.containsKey(iova)) {
        assertEquals(new Outcome.Reached(mapped.get(iova)), outcome, "seed " + seed);
      } else {
        assertInstanceOf(Outcome.Blocked.class, outcome, "seed " + seed);
      }
    }
  }
}
