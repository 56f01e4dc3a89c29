// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writer, walker and unit against each other, on tables made at random; seeds name themselves. */
class TablesPropertyTest {
  private static final long FIRST_FREE = 0x10_0000L;
  private static final long HOST_PAGES = 1L << 36;
  private static final List<Permissions> RIGHTS =
      List.of(Permissions.READ_ONLY, Permissions.WRITE_ONLY, Permissions.READ_WRITE);

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void whatIsMappedIsWalkedBack(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    CalgaryFixture machine = new CalgaryFixture(TableSize.ofSpec((int) seed % 8));
    long end = machine.table.size().ioSpaceBytes();
    List<Mapping> wanted = new ArrayList<>();
    long from = FIRST_FREE;
    while (true) {
      long first = from + random.nextLong(1 + (end >> 18)) * Tce.PAGE_BYTES;
      long sizeBytes = (1 + random.nextLong(1L << random.nextInt(12))) * Tce.PAGE_BYTES;
      if (first + sizeBytes > end) {
        break;
      }
      long physical =
          random.nextBoolean()
              ? first
              : random.nextLong(HOST_PAGES - sizeBytes / Tce.PAGE_BYTES) * Tce.PAGE_BYTES;
      Mapping mapping =
          new Mapping(
              AddressRange.ofSize(first, sizeBytes),
              physical,
              RIGHTS.get(random.nextInt(RIGHTS.size())));
      assertInstanceOf(MapResult.Mapped.class, machine.map(machine.memory, mapping));
      wanted.add(mapping);
      from = mapping.iova().last() + 1;
    }
    RecordedWalk walk = machine.walk();
    assertEquals(joined(wanted), walk.mappings());
    assertTrue(wanted.size() > 2, "mappings: " + wanted.size());
    for (Mapping mapping : wanted) {
      AddressRange iovas = mapping.iova();
      long inside = iovas.first() + random.nextLong(iovas.sizeBytes());
      for (long iova :
          new long[] {iovas.first() - 1, iovas.first(), inside, iovas.last(), iovas.last() + 1}) {
        assertAgrees(machine, walk, iova);
      }
    }
  }

  private static List<Mapping> joined(List<Mapping> sorted) {
    List<Mapping> joined = new ArrayList<>();
    for (Mapping next : sorted) {
      Mapping last = joined.isEmpty() ? next : joined.getLast();
      boolean runsOn =
          last.iova().last() + 1 == next.iova().first()
              && last.physical().last() + 1 == next.physicalFirst()
              && last.permissions() == next.permissions();
      if (runsOn) {
        AddressRange both = new AddressRange(last.iova().first(), next.iova().last());
        joined.set(joined.size() - 1, new Mapping(both, last.physicalFirst(), last.permissions()));
      } else {
        joined.add(next);
      }
    }
    return joined;
  }

  /** The unit lets through exactly what the walk says, to where the walk says. */
  private static void assertAgrees(CalgaryFixture machine, RecordedWalk walk, long iova) {
    boolean untranslated = Chip.CALGARY.lowRegion().contains(iova);
    Optional<Mapping> mapping = walk.at(iova);
    for (Access access : Access.values()) {
      Optional<Long> allowed =
          untranslated
              ? Optional.of(iova)
              : mapping
                  .filter(m -> m.permissions().allows(access))
                  .map(m -> m.physicalFirst() + iova - m.iova().first());
      Outcome outcome = machine.translate(iova, access);
      if (allowed.isPresent()) {
        assertEquals(new Outcome.Reached(allowed.get()), outcome, () -> "at " + Hex.of(iova));
      } else {
        assertInstanceOf(Outcome.Blocked.class, outcome, () -> "at " + Hex.of(iova));
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
  void garbageIsWalkedAsTheUnitTranslatesIt(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    CalgaryFixture machine = new CalgaryFixture(TableSize.KIB_64);
    int oneIn = 1 + random.nextInt(8);
    for (long iova = 0; iova < machine.table.reach().last(); iova += Tce.PAGE_BYTES) {
      if (random.nextInt(oneIn) == 0) {
        machine.entry(iova, random.nextLong());
      }
    }
    RecordedWalk walk = machine.walk();
    AddressRange before = new AddressRange(0, 0);
    for (Mapping mapping : walk.mappings()) {
      assertTrue(mapping.iova().first() >= before.last(), mapping::toString);
      before = mapping.iova();
    }
    for (int i = 0; i < 2000; i++) {
      assertAgrees(machine, walk, random.nextLong(2 * machine.table.size().ioSpaceBytes()));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {31, 32, 33, 34, 35, 36, 37, 38})
  void garbageIsNeverOverwritten(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    CalgaryFixture machine = new CalgaryFixture(TableSize.KIB_64);
    for (int i = 0; i < 60; i++) {
      machine.entry(random.nextLong(machine.table.size().ioSpaceBytes()), random.nextLong());
    }
    for (int i = 0; i < 200; i++) {
      long first = FIRST_FREE + random.nextLong(7900) * Tce.PAGE_BYTES;
      AddressRange range = AddressRange.ofSize(first, (1 + random.nextLong(200)) * Tce.PAGE_BYTES);
      RecordedWalk before = machine.walk();
      CountingMemory counting = new CountingMemory(machine.memory);
      switch (machine.mapIdentity(counting, range)) {
        case MapResult.Mapped mapped -> {
          assertEquals(mapped.leafCount(), counting.writtenCount());
          assertEquals(
              range.sizeBytes(), mapped.leafCount() * Tce.PAGE_BYTES + mapped.alreadyMappedBytes());
          assertAgrees(machine, machine.walk(), range.first());
          assertEquals(
              new Outcome.Reached(range.last()), machine.translate(range.last(), Access.WRITE));
        }
        case MapResult.Conflict _, MapResult.Refused _ -> {
          assertEquals(0, counting.writtenCount());
          assertEquals(before.mappings(), machine.walk().mappings());
        }
      }
      assertEquals(before.malformations(), machine.walk().malformations());
    }
  }
}
