// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PageFramesTest {
  private static final int PAGE = PageFrames.PAGE_BYTES;
  private static final List<AddressRange> RANGES =
      List.of(AddressRange.ofSize(PAGE, 64L * PAGE), AddressRange.ofSize(1L << 32, 64L * PAGE));

  /** What was taken. */
  private record Taken(long address, long sizeBytes) {
    AddressRange pages() {
      return AddressRange.ofSize(address, (sizeBytes + PAGE - 1) / PAGE * PAGE);
    }
  }

  @Test
  void lowestFreePagesAreTakenFirst() {
    PageFrames frames = PageFrames.of(RANGES);
    assertEquals(OptionalLong.of(PAGE), frames.takePage());
    assertEquals(OptionalLong.of(2L * PAGE), frames.takePage());
  }

  @Test
  void fromTheTopTheHighestPagesAreTakenFirst() {
    PageFrames frames = PageFrames.of(RANGES);
    assertEquals(OptionalLong.of((1L << 32) + 62L * PAGE), frames.takeFromTop(2L * PAGE, PAGE, -1));
  }

  @Test
  void noByteLiesAboveTheLimit() {
    PageFrames frames = PageFrames.of(RANGES);
    assertEquals(OptionalLong.of(62L * PAGE), frames.takeFromTop(2L * PAGE, PAGE, 64L * PAGE - 1));
    assertEquals(OptionalLong.empty(), frames.take(PAGE, PAGE, PAGE - 1));
  }

  @Test
  void runsDoNotCrossHoles() {
    PageFrames frames = PageFrames.of(RANGES);
    assertEquals(OptionalLong.empty(), frames.take(65L * PAGE, PAGE, -1));
    assertEquals(OptionalLong.empty(), frames.takeFromTop(65L * PAGE, PAGE, -1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void nothingIsTakenTwiceAndAllComesBack(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PageFrames frames = PageFrames.of(RANGES);
    long whole = frames.freeBytes();
    List<Taken> taken = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      if (taken.isEmpty() || random.nextInt(5) < 3) {
        take(frames, random, taken, "seed " + seed + " step " + step);
      } else {
        Taken back = taken.remove(random.nextInt(taken.size()));
        frames.giveBack(back.address(), back.sizeBytes());
      }
    }
    taken.forEach(t -> frames.giveBack(t.address(), t.sizeBytes()));
    assertEquals(whole, frames.freeBytes(), "seed " + seed);
    assertEquals(fingerprint(PageFrames.of(RANGES)), fingerprint(frames), "seed " + seed);
  }

  private static void take(
      PageFrames frames, SplittableRandom random, List<Taken> taken, String where) {
    long size = 1L + random.nextLong(5L * PAGE);
    long align = (long) PAGE << random.nextInt(3);
    long last = random.nextInt(4) == 0 ? (long) random.nextInt(64) * PAGE + PAGE - 1 : -1;
    OptionalLong address =
        random.nextBoolean()
            ? frames.take(size, align, last)
            : frames.takeFromTop(size, align, last);
    if (address.isEmpty()) {
      return;
    }
    Taken got = new Taken(address.getAsLong(), size);
    assertEquals(0, got.address() % align, where);
    assertTrue(Long.compareUnsigned(got.pages().last(), last) <= 0, where);
    assertTrue(RANGES.stream().anyMatch(r -> r.contains(got.pages())), where);
    taken.forEach(t -> assertTrue(!t.pages().overlaps(got.pages()), where + ": " + t + " " + got));
    taken.add(got);
  }

  @Test
  void copiesGoTheirOwnWay() {
    PageFrames frames = PageFrames.of(RANGES);
    PageFrames copy = frames.fork();
    frames.takePage();
    assertNotEquals(fingerprint(frames), fingerprint(copy));
    copy.takePage();
    assertEquals(fingerprint(frames), fingerprint(copy));
  }

  private static long fingerprint(PageFrames frames) {
    Fingerprint into = new Fingerprint();
    frames.addTo(into);
    return into.value();
  }
}
