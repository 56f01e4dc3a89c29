// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.HostBridge;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.TceCache;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.iommu.calgary.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.pci.RequesterId;
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

/** Requests all over 128 MiB of a Calgary table, by entries that are kept or read each time. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class CalgaryBenchmark {
  private static final AddressRange RANGE = AddressRange.ofSize(0x1000_0000L, 128 << 20);
  private static final int REQUEST_COUNT = 1 << 16;

  @Param({"warm", "cold"})
  private String cache;

  private ModelMemory memory;
  private HostBridge bridge;
  private Request[] requests;
  private int next;

  @Setup
  public void map() {
    memory = ModelMemory.at(List.of(AddressRange.ofSize(0, 1L << 30)), new Background(1));
    TceTable table = new TceTable(0x80_0000L, TableSize.MIB_8);
    memory.clear(table.memory());
    UnitConfig config = UnitConfig.translating(Chip.CALGARY, table);
    table.map(memory, Mapping.identity(RANGE), config.reserved());
    bridge = new HostBridge(config, cache.equals("warm") ? TceCache.unbounded() : TceCache.none());
    SplittableRandom random = new SplittableRandom(1);
    RequesterId requester = RequesterId.parse("01:00.0");
    requests = new Request[REQUEST_COUNT];
    for (int i = 0; i < REQUEST_COUNT; i++) {
      long iova = RANGE.first() + random.nextLong(RANGE.sizeBytes());
      requests[i] = new Request(requester, iova, Access.WRITE);
    }
  }

  /** {@return what became of a request} */
  @Benchmark
  public Outcome translate() {
    next = (next + 1) % REQUEST_COUNT;
    return bridge.translate(memory, requests[next]);
  }
}
