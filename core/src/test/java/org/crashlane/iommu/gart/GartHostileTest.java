// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that are cut off, that lie in the way, or that map themselves. */
class GartHostileTest {
  private static final long TABLE = 0x10_0000L;
  private static final Aperture APERTURE = new Aperture(0x8000_0000L, 0);
  private static final int TABLE_PAGE_COUNT = 8;
  private static final UnitConfig KNOWN = UnitConfig.translating(APERTURE, TABLE);
  private static final UnitConfig PART =
      new UnitConfig(KNOWN.apertureControl(), KNOWN.apertureBase(), KNOWN.tableBase(), false);

  private static SparseMemory endingAt(long end) {
    return new SparseMemory("cut off", List.of(new AddressRange(0, end - 1)));
  }

  private static Outcome translate(SparseMemory memory, UnitConfig config, int index) {
    Unit unit = new Unit(memory, config, CacheState.uncached());
    return unit.translate(GartFixture.write(APERTURE.addressOf(index)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void tableCutOffAfterAPageIsWalkedAsFarAsItGoes(int pageCount) {
    SparseMemory memory = endingAt(TABLE + pageCount * 0x1000L);
    for (int i = 0; i < pageCount * 1024; i++) {
      APERTURE.tableAt(TABLE).write(memory, i, Gpte.encode(i * 0x1000L));
    }
    RecordedWalk walk = new RecordedWalk();
    KNOWN.flat().walk(memory, WalkLimits.DEFAULT, walk);
    assertEquals(pageCount, walk.tablePages().size());
    assertEquals(TABLE_PAGE_COUNT - pageCount, walk.count(Kind.UNREADABLE));
    assertEquals(pageCount == 0 ? 0 : 1, walk.mappings().size());
    for (int i = 0; i < APERTURE.entryCount(); i += 512) {
      boolean there = i < pageCount * 1024;
      Class<? extends Outcome> absent = Outcome.Blocked.class;
      Class<? extends Outcome> unknown = Outcome.Unknown.class;
      assertEquals(there ? Outcome.Reached.class : absent, translate(memory, KNOWN, i).getClass());
      assertEquals(there ? Outcome.Reached.class : unknown, translate(memory, PART, i).getClass());
    }
  }

  @Test
  void wordCutOffAtAnyByteIsNotRead() {
    for (int count = 1; count <= 24; count++) {
      SparseMemory memory = endingAt(TABLE + count);
      for (int index = 0; index < 6; index++) {
        boolean there = index / 2 * 8 + 8 <= count;
        Class<? extends Outcome> expected = there ? Outcome.Blocked.class : Outcome.Unknown.class;
        assertInstanceOf(expected, translate(memory, PART, index), count + " bytes");
      }
      MapResult map =
          GartFixture.mapper(KNOWN, Gpte.ABSENT)
              .map(
                  memory,
                  Mapping.identity(AddressRange.ofSize(APERTURE.addressOf(0), 6 * 0x1000L)));
      assertEquals(count == 24, map instanceof MapResult.Mapped, count + " bytes: " + map);
    }
  }

  @Test
  void everyFlippedBitIsSeenOrIgnoredAsItsFieldSays() {
    SparseMemory memory = endingAt(TABLE + APERTURE.tableBytes());
    long page = 0x12_3456_7000L;
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      long entry = Gpte.encode(page) ^ (1L << bit);
      APERTURE.tableAt(TABLE).write(memory, 1, entry);
      Outcome outcome = translate(memory, KNOWN, 1);
      switch (bit) {
        case 0 -> assertInstanceOf(Outcome.Blocked.class, outcome);
        case 1, 2, 3 -> assertEquals(new Outcome.Reached(page), outcome);
        case 4, 5, 6, 7, 8, 9, 10, 11 ->
            assertEquals(new Outcome.Reached(page ^ (1L << (bit + 28))), outcome);
        default -> assertEquals(new Outcome.Reached(page ^ (1L << bit)), outcome);
      }
    }
  }

  /** Addresses are looked up once: what a table names is memory, not a way through it again. */
  @Test
  void entryThatLeadsIntoTheApertureEndsThere() {
    SparseMemory memory = SparseMemory.ofSize(1L << 32);
    APERTURE.tableAt(TABLE).write(memory, 0, Gpte.encode(APERTURE.addressOf(1)));
    APERTURE.tableAt(TABLE).write(memory, 1, Gpte.encode(APERTURE.addressOf(0)));
    assertEquals(new Outcome.Reached(0x8000_1000L), translate(memory, KNOWN, 0));
    assertEquals(new Outcome.Reached(0x8000_0000L), translate(memory, KNOWN, 1));
  }

  /** The table is read by its physical address, never through the aperture over it. */
  @Test
  void tableUnderItsOwnApertureIsReadWhereItStands() {
    SparseMemory memory = SparseMemory.ofSize(1L << 32);
    UnitConfig under = UnitConfig.translating(APERTURE, APERTURE.base());
    FlatMapper tables = GartFixture.mapper(under, Gpte.ABSENT);
    AddressRange all = APERTURE.range();
    assertInstanceOf(MapResult.Mapped.class, tables.map(memory, Mapping.identity(all)));
    assertEquals(new Outcome.Reached(all.last()), translateLast(memory, under));
    assertEquals(0x8000_1003_8000_0003L, memory.readLong(APERTURE.base()));
  }

  private static Outcome translateLast(SparseMemory memory, UnitConfig config) {
    Unit unit = new Unit(memory, config, CacheState.uncached());
    return unit.translate(GartFixture.write(APERTURE.range().last()));
  }
}
