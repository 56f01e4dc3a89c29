// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.CacheState;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.Redirection;
import org.crashlane.iommu.gart.UnitConfig;
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

/** Requests all over an aperture of 64 MiB, by cached entries or by the table, and beside it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class GartBenchmark {
  private static final Aperture APERTURE = new Aperture(0x1_0000_0000L, 1);
  private static final long TABLE = 0x10_0000;
  private static final int REQUEST_COUNT = 1 << 16;

  @Param({"warm", "cold", "beside"})
  private String requestsAre;

  private ModelMemory memory;
  private Redirection northbridge;
  private CacheState cache;
  private Request[] requests;
  private int next;

  @Setup
  public void map() {
    memory = ModelMemory.at(List.of(AddressRange.ofSize(0, 1L << 30)), new Background(1));
    UnitConfig config = UnitConfig.translating(APERTURE, TABLE);
    for (int i = 0; i < APERTURE.entryCount(); i++) {
      config.flat().write(memory, i, Gpte.encode(0x1000L * i));
    }
    northbridge = new Redirection(config);
    cache = requestsAre.equals("warm") ? CacheState.unbounded(APERTURE) : CacheState.uncached();
    long first = requestsAre.equals("beside") ? 0 : APERTURE.base();
    SplittableRandom random = new SplittableRandom(1);
    requests = new Request[REQUEST_COUNT];
    for (int i = 0; i < REQUEST_COUNT; i++) {
      long iova = first + random.nextLong(APERTURE.sizeBytes());
      requests[i] = new Request(RequesterId.parse("01:00.0"), iova, Access.WRITE);
    }
  }

  /** {@return what became of a request} */
  @Benchmark
  public Outcome translate() {
    next = (next + 1) % REQUEST_COUNT;
    return northbridge.translate(memory, cache, requests[next]);
  }
}
