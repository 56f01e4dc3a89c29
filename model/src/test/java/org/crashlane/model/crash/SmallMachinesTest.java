// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.crashlane.iommu.Access;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is proved on the small machines is worth something only if what matters happens there. */
final class SmallMachinesTest {
  private static final int WALKS = 40;

  /** What drivers of the primary mapped on many ways into a crash and through it. */
  private static List<DmaHandle> mapped(MappingMode mode, Strategy strategy) {
    List<DmaHandle> mapped = new ArrayList<>();
    for (int seed = 0; seed < WALKS; seed++) {
      World world = boot(mode, strategy);
      walk(world, seed);
      int devices = world.plan().machine().devices().size();
      for (int device = 0; device < devices; device++) {
        for (long bus = 0; bus < 1L << Integer.SIZE; bus += pageStep(bus)) {
          world.primaryLedger().find(device, bus, 1, Access.READ).ifPresent(mapped::add);
          world.primaryLedger().find(device, bus, 1, Access.WRITE).ifPresent(mapped::add);
        }
      }
    }
    return mapped;
  }

  /** Page by page where memory and the aperture are, and in one leap between them. */
  private static long pageStep(long bus) {
    long memory = 1 << 20;
    long aperture = 0xe000_0000L;
    if (bus < memory || (bus >= aperture && bus < aperture + memory)) {
      return 4096;
    }
    return bus < aperture ? aperture - bus : 1L << Integer.SIZE;
  }

  private static World boot(MappingMode mode, Strategy strategy) {
    return World.boot(SmallMachine.plan(mode, strategy), new Background(0), Trace.NONE);
  }

  private static void walk(World world, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    while (!world.isOver()) {
      int[] enabled = world.enabled();
      int action = enabled[random.nextInt(enabled.length)];
      boolean early = world.step() < 12 && Action.kind(action) == Action.Kind.PANIC;
      if (!early || enabled.length == 1) {
        world.apply(action);
      }
    }
  }

  private static long count(List<DmaHandle> handles, Predicate<DmaHandle> what) {
    return handles.stream().filter(what).count();
  }

  private static Predicate<DmaHandle> inCrashRange(MappingMode mode) {
    AddressRange crashRange = SmallMachine.of(mode).crashRanges().getFirst();
    return handle -> crashRange.overlaps(handle.bus());
  }

  @Test
  void withoutIommuTheBusAddressIsTheBuffer() {
    List<DmaHandle> mapped = mapped(MappingMode.NOMMU, Strategy.NONE);
    assertTrue(!mapped.isEmpty());
    assertEquals(0, count(mapped, h -> h.busAddress() != h.buffer()));
  }

  @Test
  void swiotlbBouncesWhatTheCardDoesNotReach() {
    List<DmaHandle> mapped = mapped(MappingMode.SWIOTLB, Strategy.NONE);
    assertTrue(count(mapped, h -> h.target() != h.buffer()) > 0);
    assertTrue(count(mapped, h -> h.target() == h.buffer()) > 0);
  }

  @Test
  void theGartRemapsWhatTheCardDoesNotReach() {
    List<DmaHandle> mapped = mapped(MappingMode.GART, Strategy.NONE);
    assertTrue(count(mapped, h -> h.busAddress() >= 0xe000_0000L) > 0);
    assertTrue(count(mapped, h -> h.busAddress() == h.buffer()) > 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void bothIommusHandOutIovasAtTheCrashRangeUnlessTheyAreReserved(MappingMode mode) {
    assertTrue(count(mapped(mode, Strategy.NONE), inCrashRange(mode)) > 0);
    for (Strategy strategy : List.of(Strategy.RESERVE, Strategy.IDENTITY)) {
      List<DmaHandle> mapped = mapped(mode, strategy);
      assertTrue(!mapped.isEmpty());
      assertEquals(0, count(mapped, inCrashRange(mode)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void leftoversReachMemoryWhileTheDumpIsWritten(MappingMode mode) {
    long through = 0;
    for (int seed = 0; seed < WALKS; seed++) {
      World world = boot(mode, Strategy.IDENTITY);
      walk(world, seed);
      through += world.seen().counts(ArmingCost.NONE).leftoverPassedCount();
      assertTrue(world.isDumpRight());
    }
    assertTrue(through > WALKS);
  }
}
