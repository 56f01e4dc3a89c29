// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.AllocatedBytes;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writer, walker and unit against each other, on tables made at random; seeds name themselves. */
class TablesPropertyTest {
  private static final AddressRange ARENA = AddressRange.ofSize(0x1000_0000L, 0x1000_0000L);
  private static final long HOST_BYTES = 1L << 46;
  private static final List<Permissions> RIGHTS =
      List.of(Permissions.READ_ONLY, Permissions.WRITE_ONLY, Permissions.READ_WRITE);
  private static final int TABLE_COUNT = 24;
  private static final long FIRST_TABLE = 0x102000;

  private static VtdFixture machine(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> new VtdFixture(VtdFixture.NARROW, 3);
      case 1 -> new VtdFixture(VtdFixture.SMALL_LEAVES, 4);
      case 2 -> new VtdFixture(VtdFixture.WIDEST, 5);
      default -> new VtdFixture();
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void whatIsMappedIsWalkedBack(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    VtdFixture machine = machine(random);
    PageArena arena = PageArena.in(ARENA);
    List<Mapping> wanted = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < 40; i++) {
      long first = from + random.nextLong(1 + (1L << random.nextInt(34)) / 4096) * 4096;
      int unit = random.nextInt(3) == 0 ? 21 : 12;
      long size = (1 + random.nextLong(1L << random.nextInt(10))) << unit;
      AddressRange iova = AddressRange.ofSize(first, size);
      long physical =
          random.nextBoolean() ? first : random.nextLong((HOST_BYTES - size) >> unit) << unit;
      if (first + size > 1L << 39) {
        break;
      }
      Permissions permissions = RIGHTS.get(random.nextInt(RIGHTS.size()));
      Mapping mapping = new Mapping(iova, physical, permissions);
      MapResult result =
          new Tables(machine.config).map(machine.memory, machine.table(), mapping, arena);
      boolean atInterrupts =
          InterruptWindow.RANGE.overlaps(iova)
              || InterruptWindow.RANGE.overlaps(mapping.physical());
      if (atInterrupts) {
        assertInstanceOf(MapResult.Refused.class, result);
      } else {
        assertInstanceOf(MapResult.Mapped.class, result, mapping::toString);
        wanted.add(mapping);
      }
      from = iova.last() + 1;
    }
    RecordedWalk walk = machine.walk();
    assertEquals(joined(wanted), walk.mappings());
    assertEquals(List.of(), walk.malformations());
    assertUnitAgrees(machine, walk, random, wanted);
  }

  private static List<Mapping> joined(List<Mapping> sorted) {
    List<Mapping> joined = new ArrayList<>();
    for (Mapping next : sorted) {
      Mapping last = joined.isEmpty() ? next : joined.getLast();
      boolean runsOn =
          !joined.isEmpty()
              && last.iova().last() + 1 == next.iova().first()
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

  private static void assertUnitAgrees(
      VtdFixture machine, RecordedWalk walk, SplittableRandom random, List<Mapping> near) {
    for (Mapping mapping : near) {
      long inside = random.nextLong(mapping.iova().sizeBytes());
      long[] probes = {
        mapping.iova().first() - 1,
        mapping.iova().first(),
        mapping.iova().first() + inside,
        mapping.iova().last(),
        mapping.iova().last() + 1
      };
      for (long iova : probes) {
        assertAgrees(machine, walk, iova);
      }
    }
  }

  /** The unit lets through exactly what the walk says, to where the walk says. */
  private static void assertAgrees(VtdFixture machine, RecordedWalk walk, long iova) {
    if (InterruptWindow.contains(iova)) {
      return;
    }
    Optional<Mapping> mapping = walk.at(iova);
    for (Access access : Access.values()) {
      Outcome outcome = machine.translate(iova, access);
      Optional<Long> allowed =
          mapping
              .filter(m -> m.permissions().allows(access))
              .map(m -> m.physicalFirst() + iova - m.iova().first())
              .filter(physical -> !InterruptWindow.contains(physical));
      if (allowed.isPresent()) {
        assertEquals(new Outcome.Reached(allowed.get()), outcome, () -> "at " + Hex.of(iova));
      } else {
        assertInstanceOf(Outcome.Blocked.class, outcome, () -> "at " + Hex.of(iova));
      }
    }
  }

  /** Tables that point anywhere among each other, with all kinds of bits set. */
  private static void fillWithGarbage(VtdFixture machine, SplittableRandom random, int oneIn) {
    for (int table = 0; table < TABLE_COUNT; table++) {
      for (int i = 0; i < PageTable.ENTRY_COUNT; i++) {
        if (random.nextInt(oneIn) == 0) {
          machine.entry(FIRST_TABLE + table * 0x1000L, i, garbage(random));
        }
      }
    }
  }

  private static long garbage(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextLong() & 0x3fff_ffff_f083L;
      case 2 -> (random.nextLong() & 0x3f_ffe0_0000L) | 0x83;
      default -> (FIRST_TABLE + random.nextInt(TABLE_COUNT) * 0x1000L) | (1 + random.nextInt(3));
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
  void unitAndWalkerAgreeOnGarbage(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    VtdFixture machine = machine(random);
    fillWithGarbage(machine, random, 256);
    WalkLimits all = new WalkLimits(Integer.MAX_VALUE, 1 << 20, 1 << 10);
    RecordedWalk walk = machine.walk(all);
    assertEquals(0, walk.malformations().stream().filter(m -> isEnd(m)).count());
    List<Mapping> some = new ArrayList<>();
    for (int i = 0; i < 200 && !walk.mappings().isEmpty(); i++) {
      some.add(walk.mappings().get(random.nextInt(walk.mappings().size())));
    }
    assertUnitAgrees(machine, walk, random, some);
    for (int i = 0; i < 200; i++) {
      assertAgrees(machine, walk, random.nextLong(1L << 48));
    }
  }

  private static boolean isEnd(Malformation m) {
    return m.kind() == Malformation.Kind.BOUND && !m.reason().startsWith("more malformations");
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {31, 32, 33, 34})
  void walkOfDenseGarbageEndsAtItsBounds(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    VtdFixture machine = machine(random);
    fillWithGarbage(machine, random, 1);
    WalkLimits limits = new WalkLimits(16, 300, 500);
    RecordedWalk walk = machine.walk(limits);
    assertTrue(walk.tablePages().size() <= 300, "pages: " + walk.tablePages().size());
    assertEquals(500, walk.malformations().size());
    for (long page : walk.tablePages()) {
      long visits = walk.tablePages().stream().filter(p -> p == page).count();
      assertTrue(visits <= 16, "visits: " + visits);
    }
    for (int i = 1; i < walk.mappings().size(); i++) {
      long before = walk.mappings().get(i - 1).iova().last();
      assertTrue(before < walk.mappings().get(i).iova().first(), "not in order at " + i);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {41, 42, 43, 44})
  void deviceTablesOfGarbageAreReadToTheEnd(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    VtdFixture machine = new VtdFixture();
    for (long at = VtdFixture.ROOT; at < FIRST_TABLE; at += Long.BYTES) {
      machine.memory.writeLong(at, garbage(random));
    }
    for (int mode = 0; mode < 4; mode++) {
      long rootTable = Registers.Rtaddr.TTM.with(VtdFixture.ROOT, mode);
      UnitConfig config = UnitConfig.translating(VtdFixture.WIDE, 46, rootTable);
      VtdTables tables = VtdTables.open(machine.memory, VtdFixture.registers(config), 46);
      int found = tables.attachments().size() + tables.malformations().size();
      assertTrue(found > 0 || mode > 1, "mode " + mode);
    }
  }

  @Test
  void walkAllocatesNothingForEntries() {
    VtdFixture machine = new VtdFixture();
    machine.chain(0x103000, 0x104000);
    int tableCount = 64;
    for (int t = 0; t < tableCount; t++) {
      long table = 0x20_0000L + t * 0x1000L;
      machine.entry(0x104000, t, SecondLevelEntry.table(table));
      for (int i = 0; i < PageTable.ENTRY_COUNT; i++) {
        long target = 0x8000_0000L + (i * 7919L % 4096) * 0x1000L;
        machine.entry(table, i, SecondLevelEntry.leaf(target, 1, Permissions.READ_WRITE));
      }
    }
    LongAdder told = new LongAdder();
    WalkVisitor counting =
        new WalkVisitor() {
          @Override
          public void mapping(long first, long last, long physical, Permissions permissions) {
            told.increment();
          }

          @Override
          public void malformed(Malformation malformation) {
            throw new AssertionError(malformation);
          }
        };
    long bytes = AllocatedBytes.by(() -> machine.walk(WalkLimits.DEFAULT, counting));
    int entryCount = tableCount * PageTable.ENTRY_COUNT;
    assertTrue(told.sum() >= entryCount, "told: " + told.sum());
    // Four pages of buffers and a hash table of 67 pages; an object for each entry would be 16 B.
    assertTrue(bytes < 2L * entryCount, bytes + " bytes for " + entryCount + " entries");
  }
}
