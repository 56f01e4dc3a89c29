// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Walking a domain whose tables fill 1 GiB, against loading every word of the same bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class WalkBenchmark {
  private static final long LEAF_TABLES = 1L << 18;
  private static final long UPPER_TABLES = 1024;
  private static final AddressRange RANGE = AddressRange.ofSize(1L << 32, LEAF_TABLES << 21);

  /** Whether neighbours in IOVA are neighbours in memory, or every page is a run of its own. */
  @Param({"contiguous", "scattered"})
  public String targets;

  /** Whose tables they are. */
  @Param({"vtd", "amdvi"})
  public String vendor;

  private TableField field;

  @Setup
  public void open() throws IOException {
    field = new TableField(vendor, LEAF_TABLES + UPPER_TABLES);
    MapResult result = field.map(RANGE, LEAF_TABLES + UPPER_TABLES);
    if (!(result instanceof MapResult.Mapped)) {
      throw new IllegalStateException(result.toString());
    }
    if (targets.equals("scattered")) {
      scatter();
    }
  }

  /** Gives every second leaf a target behind the others, so that no two neighbours run on. */
  private void scatter() {
    List<Long> leafTables = new ArrayList<>();
    field.tables().walk(TableField.TABLE, new LeafTables(leafTables));
    MemorySegment segment = field.segment();
    for (long table : leafTables) {
      for (long at = table; at < table + TableField.PAGE_BYTES; at += 2 * Long.BYTES) {
        segment.set(TableField.WORD, at, segment.get(TableField.WORD, at) + RANGE.sizeBytes());
      }
    }
  }

  @TearDown
  public void close() {
    field.close();
  }

  /** {@return how many bytes the walk found mapped} */
  @Benchmark
  public long walk() {
    Counter counter = new Counter();
    field.tables().walk(TableField.TABLE, counter);
    if (counter.bytes != RANGE.sizeBytes()) {
      throw new IllegalStateException("walked " + counter.bytes + " bytes");
    }
    return counter.bytes;
  }

  /** {@return the sum of all words} */
  @Benchmark
  public long scan() {
    MemorySegment segment = field.segment();
    long sum = 0;
    for (long at = 0; at < segment.byteSize(); at += Long.BYTES) {
      sum += segment.get(TableField.WORD, at);
    }
    return sum;
  }

  private record LeafTables(List<Long> addresses) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      // only the table pages are asked for
    }

    @Override
    public void malformed(Malformation malformation) {
      throw new IllegalStateException(malformation.toString());
    }

    @Override
    public void tablePage(long address, long sizeBytes, int level) {
      if (level == 1) {
        addresses.add(address);
      }
    }
  }

  private static final class Counter implements WalkVisitor {
    private long bytes;

    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      bytes += iovaLast - iovaFirst + 1;
    }

    @Override
    public void malformed(Malformation malformation) {
      throw new IllegalStateException(malformation.toString());
    }
  }
}
