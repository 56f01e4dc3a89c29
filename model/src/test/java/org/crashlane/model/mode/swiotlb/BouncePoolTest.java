// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;

class BouncePoolTest {
  private static final long BASE = 0x20_0000;

  private static BouncePool pool(int segments) {
    return BouncePool.in(AddressRange.ofSize(BASE, segments * BouncePool.SEGMENT_BYTES));
  }

  /** Which slots Linux takes, told its own way: how many free slots begin at each, by segment. */
  private static final class Naive {
    private final int[] freeFrom;
    private int next;

    Naive(int slots) {
      freeFrom = new int[slots];
      for (int i = 0; i < slots; i++) {
        freeFrom[i] = BouncePool.SEGMENT_SLOTS - i % BouncePool.SEGMENT_SLOTS;
      }
    }

    int take(int count, int stride) {
      int start = (next + stride - 1) / stride * stride;
      start = start >= freeFrom.length ? 0 : start;
      int slot = start;
      do {
        if (freeFrom[slot] >= count) {
          for (int i = slot; i < slot + count; i++) {
            freeFrom[i] = 0;
          }
          recount(slot - 1, 0);
          next = slot + count < freeFrom.length ? slot + count : 0;
          return slot;
        }
        slot = slot + stride >= freeFrom.length ? 0 : slot + stride;
      } while (slot != start);
      return -1;
    }

    void giveBack(int slot, int count) {
      int end = slot + count;
      int behind = end % BouncePool.SEGMENT_SLOTS == 0 ? 0 : freeFrom[end];
      for (int i = end - 1; i >= slot; i--) {
        freeFrom[i] = ++behind;
      }
      recount(slot - 1, behind);
    }

    private void recount(int from, int behind) {
      int count = from % BouncePool.SEGMENT_SLOTS == BouncePool.SEGMENT_SLOTS - 1 ? 0 : behind;
      for (int i = from;
          i >= 0
              && i % BouncePool.SEGMENT_SLOTS != BouncePool.SEGMENT_SLOTS - 1
              && freeFrom[i] != 0;
          i--) {
        freeFrom[i] = ++count;
      }
    }
  }

  private record Run(int slot, int count) {}

  @Test
  void takesTheSlotsThatLinuxsListOfFreeSlotsTakes() {
    for (long seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int segments = random.nextInt(1, 5);
      BouncePool pool = pool(segments);
      Naive naive = new Naive(segments * BouncePool.SEGMENT_SLOTS);
      List<Run> live = new ArrayList<>();
      for (int step = 0; step < 2_000; step++) {
        String where = "seed " + seed + " step " + step;
        if (live.isEmpty() || random.nextInt(100) < 55) {
          int count = random.nextInt(8) == 0 ? random.nextInt(1, 140) : random.nextInt(1, 9);
          int stride = count > 2 ? 2 : 1;
          OptionalInt slot = pool.take(count, stride);
          assertEquals(naive.take(count, stride), slot.orElse(-1), where);
          slot.ifPresent(first -> live.add(new Run(first, count)));
        } else {
          Run run = live.remove(random.nextInt(live.size()));
          pool.giveBack(run.slot(), run.count());
          naive.giveBack(run.slot(), run.count());
        }
        assertEquals(live.stream().mapToInt(Run::count).sum(), pool.takenCount(), where);
      }
    }
  }

  @Test
  void runOfAWholeSegmentFitsAndOneMoreSlotDoesNot() {
    BouncePool pool = pool(2);
    assertEquals(OptionalInt.empty(), pool.take(BouncePool.SEGMENT_SLOTS + 1, 2));
    assertEquals(OptionalInt.of(0), pool.take(BouncePool.SEGMENT_SLOTS, 2));
    assertEquals(OptionalInt.of(128), pool.take(BouncePool.SEGMENT_SLOTS, 2));
    assertEquals(OptionalInt.empty(), pool.take(1, 1));
  }

  @Test
  void runDoesNotCrossFromOneSegmentToTheNext() {
    BouncePool pool = pool(2);
    assertEquals(OptionalInt.of(0), pool.take(100, 1));
    assertEquals(OptionalInt.of(128), pool.take(30, 1));
    assertEquals(OptionalInt.of(158), pool.take(28, 1));
  }

  @Test
  void searchGoesOnBehindTheLastSlotTaken() {
    BouncePool pool = pool(1);
    assertEquals(OptionalInt.of(0), pool.take(1, 1));
    pool.giveBack(0, 1);
    assertEquals(OptionalInt.of(1), pool.take(1, 1));
  }

  @Test
  void slotsAreTwoKibibytes() {
    assertEquals(1, BouncePool.slotsFor(1));
    assertEquals(1, BouncePool.slotsFor(2048));
    assertEquals(2, BouncePool.slotsFor(2049));
    assertEquals(32_768, BouncePool.slotsFor(64 << 20));
    assertEquals(BASE + 3 * 2048, pool(1).addressOf(3));
    assertEquals(3, pool(1).slotAt(BASE + 3 * 2048));
  }

  @Test
  void giveBackOfFreeSlotsIsACallersMistake() {
    BouncePool pool = pool(1);
    pool.take(2, 1);
    assertThrows(IllegalArgumentException.class, () -> pool.giveBack(1, 2));
  }

  @Test
  void partSegmentsAreACallersMistake() {
    AddressRange part = AddressRange.ofSize(BASE, BouncePool.SEGMENT_BYTES + 4096);
    assertThrows(IllegalArgumentException.class, () -> BouncePool.in(part));
    AddressRange small = AddressRange.ofSize(BASE, 4096);
    assertThrows(IllegalArgumentException.class, () -> BouncePool.in(small));
  }
}
