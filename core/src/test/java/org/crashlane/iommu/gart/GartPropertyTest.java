// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writer, walker and unit against each other and against a plain map; seeds name themselves. */
class GartPropertyTest {
  private static final int PAGE = 0x1000;

  private static Aperture aperture(SplittableRandom random) {
    int order = random.nextInt(0, 7);
    long size = Aperture.UNIT_BYTES << order;
    return new Aperture(random.nextLong((1L << 32) / size) * size, order);
  }

  /** IOVA page to physical page, by the walk. */
  private static NavigableMap<Long, Long> pages(RecordedWalk walk) {
    NavigableMap<Long, Long> pages = new TreeMap<>();
    long end = 0;
    for (Mapping mapping : walk.mappings()) {
      assertTrue(mapping.iova().first() >= end, () -> "out of order: " + mapping);
      end = mapping.iova().last() + 1;
      for (long at = 0; at < mapping.iova().sizeBytes(); at += PAGE) {
        pages.put(mapping.iova().first() + at, mapping.physicalFirst() + at);
      }
    }
    return pages;
  }

  private static Mapping randomMapping(SplittableRandom random, Aperture aperture) {
    int first = random.nextInt(aperture.entryCount());
    int count = 1 + random.nextInt(Math.min(64, aperture.entryCount() - first));
    long physical = random.nextLong((1L << 28) - count) * PAGE;
    AddressRange iova = AddressRange.ofSize(aperture.addressOf(first), (long) count * PAGE);
    return new Mapping(iova, physical, Permissions.READ_WRITE);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void mapAndUnmapDoAsAPlainMapDoes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    GartFixture machine = new GartFixture(aperture(random));
    boolean scratch = random.nextBoolean();
    FlatMapper tables = scratch ? machine.tablesWithScratch() : machine.tables();
    tables.unmap(machine.memory, machine.aperture.range());
    NavigableMap<Long, Long> live = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      Mapping wanted = randomMapping(random, machine.aperture);
      if (random.nextInt(3) == 0) {
        tables.unmap(machine.memory, wanted.iova());
        live.subMap(wanted.iova().first(), wanted.iova().last()).clear();
      } else {
        mapBoth(tables, machine, live, wanted);
      }
    }
    RecordedWalk walk = new RecordedWalk();
    machine
        .table()
        .walk(
            machine.memory, WalkLimits.DEFAULT, scratch ? GartFixture.SCRATCH.leftOut(walk) : walk);
    assertEquals(live, pages(walk));
    tables.unmap(machine.memory, machine.aperture.range());
    RecordedWalk empty = new RecordedWalk();
    machine
        .table()
        .walk(
            machine.memory,
            WalkLimits.DEFAULT,
            scratch ? GartFixture.SCRATCH.leftOut(empty) : empty);
    assertEquals(0, empty.mappings().size(), "left over after all was unmapped");
  }

  private static void mapBoth(
      FlatMapper tables, GartFixture machine, NavigableMap<Long, Long> live, Mapping wanted) {
    boolean refused =
        InterruptWindow.RANGE.overlaps(wanted.iova())
            || InterruptWindow.RANGE.overlaps(wanted.physical());
    boolean taken =
        live.subMap(wanted.iova().first(), wanted.iova().last()).entrySet().stream()
            .anyMatch(
                e -> e.getValue() - wanted.physicalFirst() != e.getKey() - wanted.iova().first());
    MapResult result = tables.map(machine.memory, wanted);
    if (refused) {
      assertInstanceOf(MapResult.Refused.class, result);
    } else if (taken) {
      assertInstanceOf(MapResult.Conflict.class, result);
    } else {
      assertInstanceOf(MapResult.Mapped.class, result);
      for (long at = 0; at < wanted.iova().sizeBytes(); at += PAGE) {
        live.put(wanted.iova().first() + at, wanted.physicalFirst() + at);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void unitGoesWhereTheWalkSaysInGarbage(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Aperture aperture =
        new Aperture(random.nextLong(1L << 7) * Aperture.UNIT_BYTES, random.nextInt(0, 3));
    GartFixture machine = new GartFixture(aperture);
    for (long at = 0; at < aperture.tableBytes(); at += Long.BYTES) {
      machine.memory.writeLong(GartFixture.TABLE + at, random.nextLong());
    }
    RecordedWalk walk = new RecordedWalk();
    machine.table().walk(machine.memory, WalkLimits.DEFAULT, walk);
    NavigableMap<Long, Long> pages = pages(walk);
    assertTrue(pages.size() > aperture.entryCount() / 3, "mapped: " + pages.size());
    IntStream.range(0, aperture.entryCount())
        .mapToLong(aperture::addressOf)
        .filter(iova -> !InterruptWindow.contains(iova))
        .forEach(iova -> assertAgrees(machine, pages, iova + random.nextInt(PAGE)));
  }

  private static void assertAgrees(
      GartFixture machine, NavigableMap<Long, Long> pages, long address) {
    int inPage = (int) (address % PAGE);
    Optional<Long> page = Optional.ofNullable(pages.get(address - inPage));
    Outcome outcome = machine.translate(address);
    CpuOutcome cpu = machine.unit.accessByCpu(address);
    if (page.isPresent()) {
      assertEquals(new Outcome.Reached(page.get() + inPage), outcome, Hex.of(address));
      assertEquals(new CpuOutcome.Reached(page.get() + inPage), cpu, Hex.of(address));
    } else {
      assertInstanceOf(Outcome.Blocked.class, outcome, Hex.of(address));
      assertInstanceOf(CpuOutcome.MachineCheck.class, cpu, Hex.of(address));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void anyRegistersGiveAValueOrOneClearError(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SparseMemory memory = SparseMemory.ofSize(1L << 20);
    int made = 0;
    for (int i = 0; i < 2_000; i++) {
      long control = random.nextLong(1L << 32);
      long base = random.nextLong(1L << 32);
      long table = random.nextLong(random.nextBoolean() ? 1L << 13 : 1L << 32);
      boolean reserved = (control & 0xf) == 0xf;
      Optional<UnitConfig> config = config(control, base, table, random.nextBoolean());
      assertEquals(reserved, config.isEmpty(), () -> "control " + Hex.of(control));
      if (config.isPresent()) {
        made++;
        goThrough(memory, config.get(), random);
      }
    }
    assertTrue(made > 1_000, "units made: " + made);
  }

  private static Optional<UnitConfig> config(long control, long base, long table, boolean whole) {
    try {
      return Optional.of(new UnitConfig(control, base, table, whole));
    } catch (IllegalArgumentException e) {
      assertTrue(e.getMessage().contains("reserved size order 7"), e.getMessage());
      return Optional.empty();
    }
  }

  private static void goThrough(SparseMemory memory, UnitConfig config, SplittableRandom random) {
    Unit unit = new Unit(memory, config, CacheState.ofCapacity(8));
    long base = config.aperture().map(Aperture::base).orElse(0L);
    for (long address : new long[] {base, base + random.nextInt(1 << 25), random.nextLong()}) {
      Outcome outcome = unit.translate(GartFixture.write(address));
      boolean known = !(outcome instanceof Outcome.Unknown);
      assertTrue(known || !config.wholeMemory(), () -> outcome.toString());
      unit.accessByCpu(address);
    }
    if (config.aperture().isPresent()) {
      RecordedWalk walk = new RecordedWalk();
      config.flat().walk(memory, new WalkLimits(1, 4, 16), walk);
      assertTrue(walk.tablePages().size() <= 4);
      assertTrue(walk.malformations().size() <= 16);
    }
  }
}
