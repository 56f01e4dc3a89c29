// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.crashlane.model.hardware.Fingerprint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IOVAs from the top down, against an array of booleans that is searched page by page. */
class TopDownIovasTest {

  @Test
  void firstPageIsTheHighest() {
    TopDownIovas iovas = TopDownIovas.ofPages(1 << 20);
    assertEquals(OptionalLong.of((1L << 20) - 1), iovas.take(1, Long.MAX_VALUE));
    assertEquals(OptionalLong.of((1L << 20) - 2), iovas.take(1, Long.MAX_VALUE));
  }

  @Test
  void blockIsAlignedToItsSize() {
    TopDownIovas iovas = TopDownIovas.ofPages(1 << 20);
    iovas.take(1, Long.MAX_VALUE);
    assertEquals(OptionalLong.of((1L << 20) - 8), iovas.take(3, Long.MAX_VALUE));
    assertEquals(5, iovas.takenCount());
  }

  @Test
  void largestBlockIsAllThereIs() {
    TopDownIovas iovas = TopDownIovas.ofPages(1 << 20);
    assertEquals(OptionalLong.of(0), iovas.take(1 << 20, Long.MAX_VALUE));
    assertEquals(OptionalLong.empty(), iovas.take(1, Long.MAX_VALUE));
    iovas.giveBack(0, 1 << 20);
    assertEquals(OptionalLong.empty(), iovas.take((1 << 20) + 1, Long.MAX_VALUE));
  }

  @Test
  void reservedPagesStayOutOfUseWhenTheyAreGivenBack() {
    TopDownIovas iovas = TopDownIovas.ofPages(256);
    assertEquals(OptionalLong.of(254), iovas.take(2, 255));
    iovas.reserve(255, 300);
    iovas.giveBack(254, 2);
    assertEquals(OptionalLong.of(254), iovas.take(1, 255));
    assertTrue(iovas.isInUse(255));
    assertEquals(1, iovas.takenCount());
  }

  @Test
  void whatIsNoneOfItsPagesIsRefused() {
    TopDownIovas iovas = TopDownIovas.ofPages(100);
    assertThrows(IllegalArgumentException.class, () -> iovas.giveBack(99, 2));
    assertThrows(IllegalArgumentException.class, () -> iovas.take(0, 99));
    assertThrows(IllegalArgumentException.class, () -> TopDownIovas.ofPages(0));
  }

  @ParameterizedTest(name = "seed {0}, {1} pages")
  @CsvSource({"1, 40", "2, 64", "3, 100", "4, 1000", "5, 1024", "6, 5000", "7, 70000"})
  void doesAsASearchPageByPage(long seed, int pageCount) {
    Random random = new Random(seed);
    TopDownIovas iovas = TopDownIovas.ofPages(pageCount);
    boolean[] taken = new boolean[pageCount];
    boolean[] reserved = new boolean[pageCount];
    List<long[]> blocks = new ArrayList<>();
    for (int step = 0; step < 1500; step++) {
      String where = "seed " + seed + " step " + step;
      int what = random.nextInt(100);
      if (what < 58) {
        int count = 1 + random.nextInt(random.nextInt(4) == 0 ? pageCount / 4 : 4);
        long limit = random.nextInt(5) == 0 ? random.nextInt(pageCount) : Long.MAX_VALUE;
        OptionalLong expected = search(taken, reserved, count, limit);
        assertEquals(expected, iovas.take(count, limit), where);
        expected.ifPresent(first -> {
          mark(taken, first, TopDownIovas.blockPageCount(count), true);
          blocks.add(new long[] {first, count});
        });
      } else if (what < 99 && !blocks.isEmpty()) {
        long[] block = blocks.remove(random.nextInt(blocks.size()));
        iovas.giveBack(block[0], block[1]);
        mark(taken, block[0], TopDownIovas.blockPageCount(block[1]), false);
      } else {
        int first = random.nextInt(pageCount);
        int last = Math.min(pageCount - 1, first + random.nextInt(4));
        iovas.reserve(first, last);
        mark(reserved, first, (long) last - first + 1, true);
      }
    }
    long inUse = 0;
    for (int page = 0; page < pageCount; page++) {
      assertEquals(taken[page] || reserved[page], iovas.isInUse(page), "seed " + seed);
      inUse += taken[page] ? 1 : 0;
    }
    assertEquals(inUse, iovas.takenCount(), "seed " + seed);
  }

  private static OptionalLong search(boolean[] taken, boolean[] reserved, long count, long limit) {
    long size = TopDownIovas.blockPageCount(count);
    long last = Math.min(limit, taken.length - 1);
    for (long first = (last + 1 - size) / size * size; first >= 0; first -= size) {
      boolean free = last + 1 >= size;
      for (long page = first; free && page < first + size; page++) {
        free = !taken[(int) page] && !reserved[(int) page];
      }
      if (free) {
        return OptionalLong.of(first);
      }
    }
    return OptionalLong.empty();
  }

  private static void mark(boolean[] pages, long first, long count, boolean value) {
    for (long page = first; page < first + count; page++) {
      pages[(int) page] = value;
    }
  }

  @Test
  void equalStatesPrintEqually() {
    TopDownIovas one = TopDownIovas.ofPages(5000);
    TopDownIovas other = TopDownIovas.ofPages(5000);
    one.take(1, 100);
    one.take(2, 4000);
    other.take(2, 4000);
    assertNotEquals(print(one), print(other));
    other.take(1, 100);
    assertEquals(print(one), print(other));
    TopDownIovas copy = one.fork();
    copy.take(1, 50);
    assertNotEquals(print(one), print(copy));
    copy.giveBack(50, 1);
    assertEquals(print(one), print(copy));
  }

  private static long print(TopDownIovas iovas) {
    Fingerprint into = new Fingerprint();
    iovas.addTo(into);
    return into.value();
  }
}
