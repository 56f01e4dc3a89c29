// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.crashlane.model.hardware.Fingerprint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NextFitBitmapTest {
  private static final int PAGES = 200;

  @Test
  void pagesComeOneBehindTheOther() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    assertEquals(0, map.take(3, 1, PAGES));
    assertEquals(3, map.take(70, 1, PAGES));
    assertEquals(73, map.hint());
    assertEquals(73, map.takenCount());
  }

  @Test
  void freedPagesComeAgainOnlyAfterWrapping() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    assertEquals(0, map.take(PAGES - 1, 1, PAGES));
    map.giveBack(10, 5);
    assertEquals(NextFitBitmap.NONE, map.take(2, 1, PAGES));
    map.wrap();
    assertEquals(10, map.take(2, 1, PAGES));
    assertEquals(12, map.take(2, 1, PAGES));
    assertEquals(14, map.take(1, 1, PAGES));
    assertEquals(PAGES - 1, map.take(1, 1, PAGES));
    assertEquals(PAGES, map.hint());
    assertEquals(NextFitBitmap.NONE, map.take(1, 1, PAGES));
  }

  @Test
  void aTableCanBeTakenToItsLastPage() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    assertEquals(NextFitBitmap.NONE, map.take(PAGES + 1, 1, Integer.MAX_VALUE));
    assertEquals(0, map.take(PAGES, 1, PAGES));
    assertEquals(PAGES, map.takenCount());
  }

  @Test
  void runsAreAlignedAndEndBeforeTheLimit() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    assertEquals(0, map.take(1, 1, PAGES));
    assertEquals(8, map.take(8, 8, 16));
    assertEquals(NextFitBitmap.NONE, map.take(8, 8, 23));
    assertEquals(16, map.take(8, 8, 24));
  }

  @Test
  void theReserveIsClampedToTheTable() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    map.reserve(PAGES - 1, Long.MAX_VALUE);
    map.reserve(1L << 40, 5);
    assertEquals(1, map.takenCount());
    assertTrue(map.isTaken(PAGES - 1));
    assertEquals(NextFitBitmap.NONE, map.take(PAGES, 1, PAGES));
    assertEquals(0, map.take(PAGES - 1, 1, PAGES));
  }

  @Test
  void wrongPagesAreRefused() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    assertThrows(IllegalArgumentException.class, () -> new NextFitBitmap(0));
    assertThrows(IllegalArgumentException.class, () -> map.take(0, 1, PAGES));
    assertThrows(IllegalArgumentException.class, () -> map.giveBack(PAGES - 1, 2));
    assertThrows(IllegalArgumentException.class, () -> map.giveBack(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> map.giveBack(0, 0));
    assertThrows(IllegalArgumentException.class, () -> map.reserve(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> map.reserve(0, -1));
    assertThrows(IllegalArgumentException.class, () -> map.isTaken(PAGES));
    assertThrows(IllegalArgumentException.class, () -> map.isTaken(-1));
  }

  @Test
  void aForkChangesByItself() {
    NextFitBitmap map = new NextFitBitmap(PAGES);
    map.take(5, 1, PAGES);
    NextFitBitmap fork = map.fork();
    assertEquals(fingerprint(map), fingerprint(fork));
    fork.take(1, 1, PAGES);
    assertFalse(map.isTaken(5));
    assertNotEquals(fingerprint(map), fingerprint(fork));
    fork.giveBack(5, 1);
    assertNotEquals(fingerprint(map), fingerprint(fork), "the hint is state");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 128, 200, 1000, 8192})
  void everyAnswerIsThatOfANaiveSearch(int pages) {
    for (long seed = 0; seed < 20; seed++) {
      new Rival(pages, seed).run(400);
    }
  }

  private static long fingerprint(NextFitBitmap map) {
    Fingerprint print = new Fingerprint();
    map.addTo(print);
    return print.value();
  }

  /** Plays the same against an array of flags. */
  private static final class Rival {
    private final int pages;
    private final String label;
    private final SplittableRandom random;
    private final NextFitBitmap map;
    private final boolean[] taken;
    private int hint;

    Rival(int pages, long seed) {
      this.pages = pages;
      this.label = "pages " + pages + ", seed " + seed;
      this.random = new SplittableRandom(seed);
      this.map = new NextFitBitmap(pages);
      this.taken = new boolean[pages];
    }

    void run(int steps) {
      for (int i = 0; i < steps; i++) {
        switch (random.nextInt(8)) {
          case 0 -> wrap();
          case 1, 2 -> mark(random.nextInt(8) == 0);
          default -> take();
        }
        check();
      }
    }

    private void wrap() {
      map.wrap();
      hint = 0;
    }

    private void take() {
      int count = 1 + random.nextInt(random.nextBoolean() ? 4 : 1 + pages);
      int alignment = 1 << random.nextInt(5);
      int limit = random.nextBoolean() ? pages : random.nextInt(pages + 3);
      int expected = naive(count, alignment, Math.min(limit, pages));
      assertEquals(expected, map.take(count, alignment, limit), label);
      if (expected >= 0) {
        set(expected, count, true);
        hint = expected + count;
      }
    }

    private int naive(int count, int alignment, int limit) {
      for (int at = hint; at + count <= limit; at++) {
        int run = 0;
        while (at % alignment == 0 && run < count && !taken[at + run]) {
          run++;
        }
        if (run == count) {
          return at;
        }
      }
      return -1;
    }

    private void mark(boolean asTaken) {
      int first = random.nextInt(pages);
      int count = 1 + random.nextInt(Math.min(pages - first, 1 + random.nextInt(pages)));
      if (asTaken) {
        map.reserve(first, count);
      } else {
        map.giveBack(first, count);
      }
      set(first, count, asTaken);
    }

    private void set(int first, int count, boolean asTaken) {
      for (int i = first; i < first + count; i++) {
        taken[i] = asTaken;
      }
    }

    private void check() {
      int count = 0;
      for (int i = 0; i < pages; i++) {
        count += taken[i] ? 1 : 0;
      }
      assertEquals(count, map.takenCount(), label);
      assertEquals(hint, map.hint(), label);
      int page = random.nextInt(pages);
      assertEquals(taken[page], map.isTaken(page), label);
    }
  }
}
