// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
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

/**
 * Mapping a buffer of 1,500 bytes that a device does not reach, and unmapping another, with so much
 * of the aperture, the pool or the I/O space in use: 64 MiB each.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class MappingBenchmark {
  private static final AddressRange LOW = AddressRange.ofSize(0, 128 << 20);
  private static final AddressRange HIGH = AddressRange.ofSize(1L << 32, 64 << 20);
  private static final int SPACE_BYTES = 64 << 20;
  private static final int ADDRESS_BITS = 39;
  private static final int BUFFER_BYTES = 1500;
  private static final int PERCENT = 100;
  private static final DeviceSpec CARD =
      new DeviceSpec(
          "card",
          RequesterId.parse("02:00.0"),
          Optional.empty(),
          DeviceKind.RECEIVER,
          Integer.SIZE,
          "unit",
          DeviceSpec.Trait.RESET_BY_DRIVER,
          DeviceSpec.Trait.STOPS_ON_FAULT);

  @Param({"gart", "calgary", "vtd", "swiotlb"})
  private String mapping;

  @Param({"10", "50", "90"})
  private int full;

  private final SplittableRandom random = new SplittableRandom(1);
  private Cpu cpu;
  private DmaMapping driver;
  private DmaHandle[] live;

  private record PlainCpu(ModelMemory memory, Remapper remapper) implements Cpu {
    @Override
    public RegisterPort mmio() {
      return remapper.mmio(memory);
    }

    @Override
    public RegisterPort config() {
      return remapper.config(memory);
    }
  }

  @Setup
  public void fill() {
    ModeSpec mode = mode();
    MachineSpec machine =
        new MachineSpec(
            "bench",
            "memory that the card does not reach",
            Era.LINUX_6,
            List.of(LOW, HIGH),
            List.of(AddressRange.ofSize(1 << 20, 1 << 20)),
            List.of(CARD),
            mode);
    ModelMemory memory = ModelMemory.at(machine.ram(), new Background(1));
    cpu = new PlainCpu(memory, Modes.of(machine.mode()).hardware(machine));
    PageFrames frames = PageFrames.of(List.of(AddressRange.ofSize(32 << 20, 96 << 20)));
    driver = Modes.of(machine.mode()).boot(cpu, machine, frames);
    int most = mapping.equals("swiotlb") ? 1 << 15 : SPACE_BYTES / PageFrames.PAGE_BYTES;
    live = new DmaHandle[most / PERCENT * full];
    for (int i = 0; i < live.length; i++) {
      live[i] = map();
    }
  }

  private ModeSpec mode() {
    return switch (mapping) {
      case "gart" -> new ModeSpec.Gart(0x4000_0000L, 1, 1, true, false);
      case "swiotlb" -> new ModeSpec.Swiotlb(SPACE_BYTES, false);
      case "calgary" ->
          new ModeSpec.Calgary(
              Chip.CALGARY,
              0xfe00_0000L,
              List.of(new ModeSpec.Phb(CARD.unit(), Optional.empty(), List.of())),
              Optional.of(TableSize.KIB_128));
      case "vtd" ->
          new ModeSpec.Vtd(
              ADDRESS_BITS,
              List.of(new ModeSpec.VtdUnit(CARD.unit(), 0xfed9_0000L, ADDRESS_BITS, true, false)),
              List.of(),
              Integer.numberOfTrailingZeros(SPACE_BYTES));
      default -> throw new IllegalStateException(mapping);
    };
  }

  private DmaHandle map() {
    long buffer =
        HIGH.first()
            + random.nextLong(HIGH.sizeBytes() / PageFrames.PAGE_BYTES - 1) * PageFrames.PAGE_BYTES;
    return switch (driver.map(cpu, CARD, buffer, BUFFER_BYTES, Direction.TO_DEVICE)) {
      case MapAttempt.Mapped mapped -> mapped.handle();
      case MapAttempt.Failed failed -> throw new IllegalStateException(failed.reason().names());
    };
  }

  /** {@return a mapping in place of another} */
  @Benchmark
  public DmaHandle unmapAndMap() {
    int which = random.nextInt(live.length);
    driver.unmap(cpu, CARD, live[which]);
    live[which] = map();
    return live[which];
  }
}
