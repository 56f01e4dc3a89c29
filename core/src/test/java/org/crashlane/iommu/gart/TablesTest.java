// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries written, and what is refused. */
class TablesTest {
  private static final long BASE = 0xc000_0000L;
  private static final long TARGET = 0x1_2345_6000L;

  private final GartFixture machine = new GartFixture();
  private final CountingMemory counting = new CountingMemory(machine.memory);

  private static Mapping mapping(int firstPage, int pageCount, long physical) {
    AddressRange iova = AddressRange.ofSize(BASE + firstPage * 0x1000L, pageCount * 0x1000L);
    return new Mapping(iova, physical, Permissions.READ_WRITE);
  }

  private List<Long> entries(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(i -> machine.table().read(machine.memory, i))
        .toList();
  }

  @ParameterizedTest(name = "{1} pages from page {0}: {2} words")
  @CsvSource({"2, 4, 2", "3, 4, 3", "3, 1, 1", "2, 1, 1", "3, 3, 2", "1023, 2, 2"})
  void runIsWrittenByWordsAndNeighboursStay(int first, int count, int wordCount) {
    long neighbour = 0xdead_b00cL;
    machine.entry(machine.memory, BASE + (first - 1) * 0x1000L, neighbour);
    machine.entry(machine.memory, BASE + (first + count) * 0x1000L, neighbour);
    MapResult result = machine.tables().map(counting, mapping(first, count, TARGET));
    assertEquals(new MapResult.Mapped(count, 0, 0), result);
    assertEquals(wordCount, counting.writtenCount());
    assertEquals(neighbour, entries(first - 1, 1).getFirst());
    assertEquals(neighbour, entries(first + count, 1).getFirst());
    for (int i = 0; i < count; i++) {
      assertEquals(Gpte.encode(TARGET + i * 0x1000L), entries(first + i, 1).getFirst());
    }
  }

  @Test
  void lastPageOfTheApertureHasTheLastEntryOfTheTable() {
    machine.tables().map(machine.memory, mapping(16383, 1, 0x3f00_0000L));
    assertEquals(0x3f00_0003_0000_0000L, machine.memory.readLong(0x7f00_fff8L));
    assertEquals(0, machine.memory.readLong(0x7f01_0000L));
  }

  @Test
  void mappingAgainWritesNothing() {
    machine.tables().map(machine.memory, mapping(5, 7, TARGET));
    MapResult again = machine.tables().map(counting, mapping(4, 9, TARGET - 0x1000));
    assertEquals(new MapResult.Mapped(2, 0, 7 * 0x1000), again);
    assertEquals(
        new MapResult.Mapped(0, 0, 9 * 0x1000),
        machine.tables().map(new CountingMemory(counting), mapping(4, 9, TARGET - 0x1000)));
    assertEquals(2, counting.writtenCount());
  }

  @Test
  void incoherentEntryThatLeadsThereIsLeftAlone() {
    machine.entry(machine.memory, BASE, Gpte.encode(TARGET, false));
    MapResult result = machine.tables().map(counting, mapping(0, 1, TARGET));
    assertEquals(new MapResult.Mapped(0, 0, 0x1000), result);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void entryInUseIsAConflictAndNothingIsWritten() {
    machine.tables().map(machine.memory, mapping(8, 2, 0x5000));
    MapResult result = machine.tables().map(counting, mapping(0, 32, TARGET));
    assertEquals(new MapResult.Conflict(List.of(mapping(8, 2, 0x5000))), result);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void scratchEntriesAreFreeToTheOneWhoKnowsThePage() {
    machine.tablesWithScratch().unmap(machine.memory, machine.aperture.range());
    assertInstanceOf(
        MapResult.Conflict.class, machine.tables().map(counting, mapping(3, 2, TARGET)));
    assertEquals(0, counting.writtenCount());
    assertEquals(
        new MapResult.Mapped(2, 0, 0),
        machine.tablesWithScratch().map(counting, mapping(3, 2, TARGET)));
    assertEquals(
        List.of(
            GartFixture.SCRATCH.entry(),
            Gpte.encode(TARGET),
            Gpte.encode(TARGET + 0x1000),
            GartFixture.SCRATCH.entry()),
        entries(2, 4));
  }

  @Test
  void unmapLeadsToTheScratchPageOrNowhere() {
    machine.tables().map(machine.memory, mapping(1, 4, TARGET));
    machine.tablesWithScratch().unmap(machine.memory, mapping(2, 1, 0).iova());
    machine.tables().unmap(machine.memory, mapping(3, 1, 0).iova());
    assertEquals(
        List.of(
            Gpte.encode(TARGET),
            GartFixture.SCRATCH.entry(),
            Gpte.ABSENT,
            Gpte.encode(TARGET + 0x3000)),
        entries(1, 4));
    assertEquals(
        new Outcome.Reached(GartFixture.SCRATCH.address() + 1), machine.translate(BASE + 0x2001));
  }

  @Test
  void everyPageOfTheLargestApertureIsMapped() {
    GartFixture wide = new GartFixture(new Aperture(0x0000_0000L, 6));
    MapResult result = wide.tables().map(wide.memory, Mapping.identity(wide.aperture.range()));
    assertEquals(new MapResult.Mapped(524_288, 0, 0), result);
    assertEquals(
        List.of(new Mapping(wide.aperture.range(), 0, Permissions.READ_WRITE)),
        wide.walk().mappings());
  }

  @Test
  void rangeThatLeavesTheApertureIsRefused() {
    for (Mapping outside :
        List.of(
            mapping(-1, 1, TARGET),
            mapping(-1, 2, TARGET),
            mapping(16383, 2, TARGET),
            mapping(16384, 1, TARGET))) {
      assertInstanceOf(MapResult.Refused.class, machine.tables().map(counting, outside));
    }
    assertEquals(0, counting.writtenCount());
  }

  @ParameterizedTest
  @ValueSource(longs = {0xff_ffff_f000L, 0x100_0000_0000L, -0x1000L, -0x2000L})
  void targetBeyondFortyBitsIsRefused(long physical) {
    assertInstanceOf(
        MapResult.Refused.class, machine.tables().map(counting, mapping(0, 2, physical)));
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void lastPageBelowFortyBitsIsMapped() {
    machine.tables().map(machine.memory, mapping(0, 1, 0xff_ffff_f000L));
    assertEquals(new Outcome.Reached(0xff_ffff_ffffL), machine.translate(BASE + 0xfff));
  }

  @Test
  void interruptWindowIsRefusedOnBothSides() {
    assertInstanceOf(
        MapResult.Refused.class, machine.tables().map(counting, mapping(0, 2, 0xfedf_f000L)));
    GartFixture wide = new GartFixture(new Aperture(0x8000_0000L, 6));
    MapResult inside =
        wide.tables()
            .map(wide.memory, Mapping.identity(new AddressRange(0xfee0_0000L, 0xfee0_0fffL)));
    assertInstanceOf(MapResult.Refused.class, inside);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void tableOutsideMemoryIsRefused() {
    UnitConfig config = UnitConfig.translating(machine.aperture, 0xbfff_f000L);
    FlatMapper tables = GartFixture.mapper(config, Gpte.ABSENT);
    MapResult result = tables.map(counting, mapping(1020, 8, TARGET));
    assertEquals(
        Reason.of(
            TableFact.TABLE, new Reason.At(0xc0000000L), new Reason.Because(Absence.NO_MEMORY)),
        assertInstanceOf(MapResult.Refused.class, result).reason());
    assertEquals(0, counting.writtenCount());
    assertThrows(
        UnreadableMemoryException.class, () -> tables.unmap(counting, mapping(1024, 1, 0).iova()));
  }

  @Test
  void partPagesAndLesserRightsAreACallersMistake() {
    FlatMapper tables = machine.tables();
    AddressRange page = AddressRange.ofSize(BASE, 0x1000);
    for (Mapping wrong :
        List.of(
            new Mapping(AddressRange.ofSize(BASE, 0x800), TARGET, Permissions.READ_WRITE),
            new Mapping(AddressRange.ofSize(BASE + 8, 0x1000), TARGET, Permissions.READ_WRITE),
            new Mapping(page, TARGET + 8, Permissions.READ_WRITE),
            new Mapping(page, TARGET, Permissions.READ_ONLY),
            new Mapping(page, TARGET, Permissions.NONE))) {
      assertThrows(IllegalArgumentException.class, () -> tables.map(counting, wrong));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> tables.unmap(counting, AddressRange.ofSize(BASE - 0x1000, 0x2000)));
    assertThrows(
        IllegalArgumentException.class, () -> machine.entry(counting, BASE - 1, Gpte.ABSENT));
    assertThrows(
        IllegalArgumentException.class, () -> machine.entry(counting, BASE, 0x1_0000_0000L));
    assertEquals(0, counting.writtenCount());
  }
}
