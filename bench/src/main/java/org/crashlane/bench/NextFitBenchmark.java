// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.crashlane.model.kernel.NextFitBitmap;
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

/**
 * Mapping and unmapping by the allocator of Calgary and GART: a table of a million pages is filled
 * with mappings of 1 to 16 pages; then, again and again, one of them goes and one as large comes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class NextFitBenchmark {
  private static final int PAGE_COUNT = 1 << 20;
  private static final int MAPPING_PAGES_MAX = 16;
  private static final int PERCENT = 100;

  @Param({"10", "50", "90"})
  private int percentFull;

  private final SplittableRandom random = new SplittableRandom(1);
  private NextFitBitmap map;
  private int[] firsts;
  private int[] counts;
  private int mappingCount;

  @Setup
  public void fill() {
    map = new NextFitBitmap(PAGE_COUNT);
    firsts = new int[PAGE_COUNT];
    counts = new int[PAGE_COUNT];
    mappingCount = 0;
    while (map.takenCount() < (long) PAGE_COUNT * percentFull / PERCENT) {
      counts[mappingCount] = 1 + random.nextInt(MAPPING_PAGES_MAX);
      take(mappingCount++);
    }
    for (int i = 0; i < PAGE_COUNT; i++) {
      mapAndUnmap();
    }
  }

  private int take(int mapping) {
    int first = map.take(counts[mapping], 1, PAGE_COUNT);
    if (first == NextFitBitmap.NONE) {
      map.wrap();
      first = map.take(counts[mapping], 1, PAGE_COUNT);
    }
    firsts[mapping] = first;
    return first;
  }

  /** {@return where the new mapping is, so that it cannot be left out} */
  @Benchmark
  public int mapAndUnmap() {
    int mapping = random.nextInt(mappingCount);
    map.giveBack(firsts[mapping], counts[mapping]);
    return take(mapping);
  }
}
