// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.iommu.vtd.Caches;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.pci.RequesterId;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Requests of one device through a VT-d unit of the model, what it remembers warm and cold. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class VtdRequestBenchmark {
  private static final int PAGE_BYTES = 4096;
  private static final int PAGE_COUNT = PAGE_BYTES / Geometry.ENTRY_BYTES;
  private static final long ROOT = 0x1000;
  private static final long CONTEXT = 0x2000;
  private static final long FIRST_TABLE = 0x3000;
  private static final long TARGET = 0x10_0000;
  private static final int LEVELS = 4;
  private static final int HOST_ADDRESS_WIDTH = 46;

  /** As QEMU's unit has them: 48 bits of IOVA. */
  private static final Capabilities CAPABILITIES = new Capabilities(0xd2008c222f0606L, 0xf00f4aL);

  private static final RequesterId DEVICE = RequesterId.of(0, 4, 0);

  private ModelMemory memory;
  private Unit unit;
  private Caches caches;
  private Request[] requests;

  /** Maps a table of 512 pages. */
  @Setup
  public void map() {
    AddressRange ram = AddressRange.ofSize(0, 1L << 30);
    memory = ModelMemory.at(List.of(ram), new Background(1));
    memory.clear(AddressRange.ofSize(ROOT, (LEVELS + 2L) * PAGE_BYTES));
    memory.writeLong(ROOT, RootEntry.low(CONTEXT));
    long context = ContextEntry.address(CONTEXT, DEVICE.devfn());
    memory.writeLong(context, ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, FIRST_TABLE));
    memory.writeLong(context + Long.BYTES, ContextEntry.high(LEVELS, 1));
    long table = FIRST_TABLE;
    for (int level = LEVELS; level > 1; level--) {
      memory.writeLong(table, SecondLevelEntry.table(table + PAGE_BYTES));
      table += PAGE_BYTES;
    }
    requests = new Request[PAGE_COUNT];
    for (int i = 0; i < PAGE_COUNT; i++) {
      long offset = (long) i * PAGE_BYTES;
      memory.writeLong(
          Geometry.entryAddress(table, i),
          SecondLevelEntry.leaf(TARGET + offset, 1, Permissions.READ_WRITE));
      requests[i] = new Request(DEVICE, offset, Access.WRITE);
    }
    unit = new Unit(UnitConfig.translating(CAPABILITIES, HOST_ADDRESS_WIDTH, ROOT));
    caches = new Caches();
    for (Request request : requests) {
      if (!(unit.translate(memory, caches, request, WalkSink.NONE) instanceof Outcome.Reached)) {
        throw new IllegalStateException("blocked: " + request);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(PAGE_COUNT)
  public void warm(Blackhole hole) {
    for (Request request : requests) {
      hole.consume(unit.translate(memory, caches, request, WalkSink.NONE));
    }
  }

  @Benchmark
  @OperationsPerInvocation(PAGE_COUNT)
  public void cold(Blackhole hole) {
    caches.dropTranslations();
    for (Request request : requests) {
      hole.consume(unit.translate(memory, caches, request, WalkSink.NONE));
    }
  }
}
