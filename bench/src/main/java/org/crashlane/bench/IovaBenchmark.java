// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.crashlane.model.kernel.TopDownIovas;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Giving back a page somewhere and taking one, over 2^20 pages of IOVA that are so full. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class IovaBenchmark {
  private static final int PAGE_COUNT = 1 << 20;
  private static final int PERCENT = 100;

  @Param({"10", "50", "90"})
  private int fullPercent;

  private TopDownIovas iovas;
  private long[] taken;
  private Random random;

  /** Takes all pages and gives back scattered ones until so many are left. */
  @Setup
  public void fill() {
    random = new Random(1);
    iovas = TopDownIovas.ofPages(PAGE_COUNT);
    long[] pages = new long[PAGE_COUNT];
    for (int i = 0; i < PAGE_COUNT; i++) {
      pages[i] = iovas.take(1, PAGE_COUNT).orElseThrow();
    }
    for (int i = PAGE_COUNT - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      long page = pages[i];
      pages[i] = pages[other];
      pages[other] = page;
    }
    int left = (int) ((long) PAGE_COUNT * fullPercent / PERCENT);
    for (int i = left; i < PAGE_COUNT; i++) {
      iovas.giveBack(pages[i], 1);
    }
    taken = Arrays.copyOf(pages, left);
  }

  @Benchmark
  public long giveBackAndTake() {
    int which = random.nextInt(taken.length);
    iovas.giveBack(taken[which], 1);
    taken[which] = iovas.take(1, PAGE_COUNT).orElseThrow();
    return taken[which];
  }
}
