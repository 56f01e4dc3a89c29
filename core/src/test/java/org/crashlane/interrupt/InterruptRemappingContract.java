// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds of every vendor's interrupt remapping, whatever stands in registers and tables. */
public abstract class InterruptRemappingContract {
  /** Whose interrupts are judged. */
  public static final RequesterId SOURCE = RequesterId.parse("00:04.0");

  private static final int RUN_COUNT = 100;
  private static final long MEMORY_BYTES = 16L << 20;

  /** For the tests of one vendor. */
  protected InterruptRemappingContract() {}

  /**
   * {@return a unit set up at random, its tables in {@code memory}, with entries of all kinds:
   * right ones, wrong ones, noise, and pointers to where there is no memory}
   */
  protected abstract InterruptRemapping randomUnit(SparseMemory memory, SplittableRandom random);

  private interface Check {
    void check(SparseMemory memory, InterruptRemapping unit, SplittableRandom random);
  }

  private void forRandomUnits(Check check) {
    for (int seed = 0; seed < RUN_COUNT; seed++) {
      SparseMemory memory = SparseMemory.ofSize(MEMORY_BYTES);
      SplittableRandom random = new SplittableRandom(seed);
      try {
        check.check(memory, randomUnit(memory, random), random);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static InterruptMessage randomMessage(SplittableRandom random) {
    long window = InterruptWindow.RANGE.first();
    return new InterruptMessage(window + random.nextLong(1L << 20), random.nextInt());
  }

  @Test
  void everyMessageHasAFate() {
    forRandomUnits((_, unit, random) -> {
      for (int i = 0; i < 100; i++) {
        RequesterId source = new RequesterId(random.nextInt(1 << 16));
        InterruptMessage message = randomMessage(random);
        assertFalse(
            unit.fate(source, message).evidence().term().meaning().isEmpty(), message.toString());
        assertFalse(unit.fate(SOURCE, message).toString().isEmpty());
      }
    });
  }

  @Test
  void whatIsNotEnabledLetsEverythingPass() {
    forRandomUnits((_, unit, random) -> {
      InterruptMessage message = randomMessage(random);
      if (!unit.enabled()) {
        InterruptFate fate = unit.fate(SOURCE, message);
        assertEquals(message.target(), ((InterruptFate.Delivered) fate).target());
        assertEquals(List.of(), unit.tablePages());
      }
    });
  }

  @Test
  void tablePagesArePagesEachOnce() {
    forRandomUnits((_, unit, _) -> {
      Set<Long> seen = new HashSet<>();
      for (AddressRange page : unit.tablePages()) {
        assertEquals(PageArena.PAGE_BYTES, page.sizeBytes());
        assertEquals(0, page.first() % PageArena.PAGE_BYTES);
        assertTrue(seen.add(page.first()), page.toString());
      }
    });
  }

  @Test
  @Tag("slow")
  void whatIsPreparedArrivesAndWhatWentSomewhereStillGoesThere() {
    forRandomUnits((memory, unit, random) -> {
      InterruptPreparation plan = unit.prepare(SOURCE);
      List<InterruptMessage> messages =
          Stream.generate(() -> randomMessage(random)).limit(200).toList();
      Map<InterruptMessage, InterruptFate> before = arrivals(unit, messages);
      int arrivingBefore = arriving(unit);
      assertEquals(plan.readyCount(), arrivingBefore);
      for (Store store : plan.stores()) {
        assertEquals(store.before(), memory.readLong(store.address()), store.toString());
        memory.writeLong(store.address(), store.after());
        assertTrue(
            arrivals(unit, messages).entrySet().containsAll(before.entrySet()), "after " + store);
      }
      assertEquals(plan.readyCount() + plan.preparedCount(), arriving(unit));
      assertEquals(List.of(), unit.prepare(SOURCE).stores());
    });
  }

  @Test
  void someRandomUnitsCanBePreparedAndSomeNot() {
    int[] counts = new int[2];
    forRandomUnits((_, unit, _) -> counts[unit.prepare(SOURCE).stores().isEmpty() ? 0 : 1]++);
    assertTrue(counts[0] > 0, "all could be prepared");
    assertEquals(preparable(), counts[1] > 0);
  }

  /** {@return what becomes of those messages that are not blocked} */
  private static Map<InterruptMessage, InterruptFate> arrivals(
      InterruptRemapping unit, List<InterruptMessage> messages) {
    Map<InterruptMessage, InterruptFate> fates = new HashMap<>();
    for (InterruptMessage message : messages) {
      InterruptFate fate = unit.fate(SOURCE, message);
      if (!(fate instanceof InterruptFate.Blocked)) {
        fates.put(message, fate);
      }
    }
    return fates;
  }

  /** {@return true if the vendor's tables can be prepared at all} */
  protected abstract boolean preparable();

  /** {@return how many of the vectors of devices arrive} */
  protected static int arriving(InterruptRemapping unit) {
    IntStream vectors = InterruptRemapping.deviceVectors();
    return (int)
        vectors.filter(v -> unit.fate(SOURCE, InterruptMessage.fixed(1, v)).brings(v)).count();
  }
}
