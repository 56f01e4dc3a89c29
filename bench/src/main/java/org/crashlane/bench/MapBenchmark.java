// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.MapResult;
import org.crashlane.memory.AddressRange;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Mapping 64 GiB in 4 KiB leaves, against filling as many bytes and one walk a table. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class MapBenchmark {
  private static final AddressRange RANGE = AddressRange.ofSize(1L << 32, 64L << 30);
  private static final long LEAF_TABLES = 64L << 9;
  private static final long UPPER_TABLES = 128;
  private static final int INDEX_BITS = 9;
  private static final int INDEX_MASK = 511;
  private static final long ADDRESS_MASK = 0x000ffffffffff000L;

  /** Whose tables they are. */
  @Param({"vtd", "amdvi"})
  public String vendor;

  private TableField field;

  @Setup
  public void open() throws IOException {
    field = new TableField(vendor, LEAF_TABLES + UPPER_TABLES);
    map();
  }

  @Setup(Level.Invocation)
  public void clear() {
    field.clearRoot();
  }

  @TearDown
  public void close() {
    field.close();
  }

  private MapResult map() {
    return field.map(RANGE, LEAF_TABLES + UPPER_TABLES);
  }

  /** {@return the result, which must be that all was mapped} */
  @Benchmark
  public MapResult identityMap() {
    MapResult result = map();
    if (!(result instanceof MapResult.Mapped)) {
      throw new IllegalStateException(result.toString());
    }
    return result;
  }

  /** {@return the sum of the walks, so that they cannot be left out} */
  @Benchmark
  public long fillAndWalk() {
    MemorySegment segment = field.segment();
    segment.asSlice(TableField.ARENA_FIRST, LEAF_TABLES * TableField.PAGE_BYTES).fill((byte) 3);
    long sum = 0;
    for (long table = 0; table < LEAF_TABLES; table++) {
      long at = TableField.TABLE.root();
      for (int level = TableField.TABLE.levels() - 1; level > 0; level--) {
        long index = (table >>> (INDEX_BITS * (level - 1))) & INDEX_MASK;
        long entry = segment.get(TableField.WORD, at + index * Long.BYTES);
        // Whatever stands there leads to a page inside the field: the next load depends on it.
        at =
            TableField.ARENA_FIRST
                + (entry & ADDRESS_MASK) % (UPPER_TABLES * TableField.PAGE_BYTES);
        at -= at % TableField.PAGE_BYTES;
      }
      sum += at;
    }
    return sum;
  }
}
