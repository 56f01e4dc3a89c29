// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.NoRemapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.BareCpu;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** A machine of 4 MiB with a device that reaches the lower 2 MiB, and one that reaches all. */
final class SwiotlbFixture {
  static final AddressRange RAM = AddressRange.ofSize(0, 4 << 20);
  static final AddressRange CRASH = AddressRange.ofSize(0x10_0000, 0x10_0000);
  static final DeviceSpec NARROW = device("narrow", "00:02.0", 21);
  static final DeviceSpec WIDE = device("wide", "00:03.0", 64);

  /** Where {@link #NARROW} reaches nothing. */
  static final long HIGH = 0x30_0000;

  final ModelMemory memory = ModelMemory.at(List.of(RAM), new Background(7));
  final Cpu cpu = new BareCpu(memory, new NoRemapper());
  final MachineSpec machine;
  final DmaMapping mapping;

  SwiotlbFixture(Era era, boolean force) {
    this(era, force, 256 << 10);
  }

  SwiotlbFixture(Era era, boolean force, long poolBytes) {
    machine = machine(era, force, poolBytes, List.of(CRASH));
    PageFrames frames =
        PageFrames.of(
            List.of(
                AddressRange.ofSize(0x8_0000, 0x8_0000),
                AddressRange.ofSize(0x20_0000, 0x20_0000)));
    mapping = new SwiotlbMode().boot(cpu, machine, frames);
  }

  static MachineSpec machine(
      Era era, boolean force, long poolBytes, List<AddressRange> crashRanges) {
    return new MachineSpec(
        "small",
        "a device that does not reach all memory",
        era,
        List.of(RAM),
        crashRanges,
        List.of(NARROW, WIDE),
        new ModeSpec.Swiotlb(poolBytes, force));
  }

  static DeviceSpec device(String name, String address, int maskBits) {
    return new DeviceSpec(
        name,
        RequesterId.parse(address),
        Optional.empty(),
        DeviceKind.STORAGE,
        maskBits,
        "",
        DeviceSpec.Trait.ON_DUMP_PATH);
  }

  MapAttempt attempt(DeviceSpec device, long buffer, long size, Direction direction) {
    return mapping.map(cpu, device, buffer, size, direction);
  }

  DmaHandle map(DeviceSpec device, long buffer, long size, Direction direction) {
    return switch (attempt(device, buffer, size, direction)) {
      case MapAttempt.Mapped mapped -> mapped.handle();
      case MapAttempt.Failed failed -> throw new AssertionError(failed.reason().toString());
    };
  }

  Reason failure(DeviceSpec device, long buffer, long size) {
    return switch (attempt(device, buffer, size, Direction.TO_DEVICE)) {
      case MapAttempt.Mapped mapped -> throw new AssertionError(mapped.handle().toString());
      case MapAttempt.Failed failed -> failed.reason();
    };
  }

  byte[] bytes(long address, int size) {
    byte[] bytes = new byte[size];
    memory.read(address, bytes, 0, size);
    return bytes;
  }

  void write(long address, byte[] bytes) {
    memory.write(address, bytes, 0, bytes.length);
  }
}
