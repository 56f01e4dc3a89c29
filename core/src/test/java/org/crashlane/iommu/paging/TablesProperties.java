// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Writer, walker and unit against each other, on tables made at random; seeds name themselves. What
 * holds whatever the entries look like.
 */
public abstract class TablesProperties {
  private static final AddressRange ARENA = AddressRange.ofSize(0x1000_0000L, 0x1000_0000L);

  /** How many tables garbage is made of. */
  protected static final int TABLE_COUNT = 24;

  /** Where the first of them is: the top table. */
  protected static final long FIRST_TABLE = 0x102000;

  /** For the tests of one vendor. */
  protected TablesProperties() {}

  /** {@return a machine of one kind or another, without a mapping} */
  protected abstract PagedMachine machine(SplittableRandom random);

  /** {@return the rights that a mapping may have} */
  protected List<Permissions> rights() {
    return List.of(Permissions.READ_ONLY, Permissions.WRITE_ONLY, Permissions.READ_WRITE);
  }

  /** {@return how much memory entries can lead to} */
  protected long hostBytes() {
    return 1L << 46;
  }

  /** {@return an entry of any kind, often one that leads to another table} */
  protected abstract long garbage(SplittableRandom random);

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void whatIsMappedIsWalkedBack(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PagedMachine machine = machine(random);
    PageArena arena = PageArena.in(ARENA, machine.table().geometry().pageBytes());
    List<Mapping> wanted = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < 40; i++) {
      Mapping mapping = randomMapping(machine.table().geometry(), random, from);
      if (mapping.iova().last() >= 1L << 39) {
        break;
      }
      MapResult result = machine.editor().map(machine.memory, machine.table(), mapping, arena);
      if (machine.unmappable().stream().anyMatch(u -> u.overlaps(mapping))) {
        assertInstanceOf(MapResult.Refused.class, result);
      } else {
        assertInstanceOf(MapResult.Mapped.class, result, mapping::toString);
        wanted.add(mapping);
      }
      from = mapping.iova().last() + 1;
    }
    RecordedWalk walk = machine.walk(WalkLimits.DEFAULT);
    assertEquals(joined(wanted), walk.mappings());
    assertEquals(List.of(), walk.malformations());
    assertUnitAgrees(machine, walk, random, wanted);
  }

  private Mapping randomMapping(Geometry geometry, SplittableRandom random, long from) {
    int pageBits = geometry.granuleBits();
    long first = from + (random.nextLong(1 + ((1L << random.nextInt(34)) >> pageBits)) << pageBits);
    int unit = pageBits + (random.nextInt(3) == 0 ? geometry.strideBits() : 0);
    long size = (1 + random.nextLong(1L << random.nextInt(10))) << unit;
    long physical =
        random.nextBoolean() ? first : random.nextLong((hostBytes() - size) >> unit) << unit;
    Permissions permissions = rights().get(random.nextInt(rights().size()));
    return new Mapping(AddressRange.ofSize(first, size), physical, permissions);
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
      PagedMachine machine, RecordedWalk walk, SplittableRandom random, List<Mapping> near) {
    for (Mapping mapping : near) {
      long size = mapping.iova().sizeBytes();
      long inside = size > 0 ? random.nextLong(size) : 0;
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
  private static void assertAgrees(PagedMachine machine, RecordedWalk walk, long iova) {
    boolean leftOpen =
        walk.malformations().stream()
            .anyMatch(m ->
                m.reason().term() == TableFact.NOT_WHOLE
                    && new AddressRange(m.iova(), m.iovaLast()).contains(iova));
    if (leftOpen || machine.unmappable().stream().anyMatch(u -> u.range().contains(iova))) {
      return;
    }
    Optional<Mapping> mapping = walk.at(iova);
    for (Access access : Access.values()) {
      Outcome outcome = machine.translate(iova, access);
      Optional<Long> allowed =
          mapping
              .filter(m -> m.permissions().allows(access))
              .map(m -> m.physicalFirst() + iova - m.iova().first())
              .filter(machine::letsThroughTo);
      if (allowed.isPresent()) {
        assertEquals(new Outcome.Reached(allowed.get()), outcome, () -> "at " + Hex.of(iova));
      } else {
        assertInstanceOf(Outcome.Blocked.class, outcome, () -> "at " + Hex.of(iova));
      }
    }
  }

  /** Tables that point anywhere among each other, with all kinds of bits set. */
  private void fillWithGarbage(PagedMachine machine, SplittableRandom random, int oneIn) {
    Geometry geometry = machine.table().geometry();
    for (int table = 0; table < TABLE_COUNT; table++) {
      for (int i = 0; i < geometry.entryCount(1); i++) {
        if (random.nextInt(oneIn) == 0) {
          long first = machine.table().root() + (long) table * geometry.pageBytes();
          long at = Geometry.entryAddress(first, i);
          machine.memory.writeLong(at, garbage(random));
        }
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
  void unitAndWalkerAgreeOnGarbage(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PagedMachine machine = machine(random);
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
    return m.kind() == Malformation.Kind.BOUND && m.reason().term() != TableFact.MORE_MALFORMATIONS;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {31, 32, 33, 34})
  void walkOfDenseGarbageEndsAtItsBounds(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PagedMachine machine = machine(random);
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
      long next = walk.mappings().get(i).iova().first();
      assertTrue(Long.compareUnsigned(before, next) < 0, "not in order at " + i);
    }
  }
}
