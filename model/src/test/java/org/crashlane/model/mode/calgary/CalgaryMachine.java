// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.NoRegisters;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Assertions;

/** 64 MiB of memory, a chip with two PHBs, a device behind each and one behind none. */
final class CalgaryMachine implements Cpu {
  static final AddressRange CRASH = AddressRange.parse("0x1c00000-0x1ffffff");
  static final AddressRange MEM_1 = AddressRange.parse("0x1400000-0x14fffff");
  static final AddressRange BRIDGE = AddressRange.parse("0x1600000-0x16fffff");
  static final long REGISTERS = 0xfe00_0000L;
  static final DeviceSpec DISK = device("disk", "01:00.0", 64, "0");
  static final DeviceSpec CARD = device("card", "02:00.0", 32, "1");
  static final DeviceSpec NARROW = device("narrow", "01:01.0", 24, "0");
  static final DeviceSpec APART = device("apart", "00:02.0", 32, "");

  private static final AddressRange RAM = AddressRange.parse("0x0-0x3ffffff");
  private static final AddressRange KERNELS = AddressRange.parse("0x100000-0x1bfffff");

  final MachineSpec machine;
  final ModelMemory memory = ModelMemory.at(List.of(RAM), new Background(1));
  final Remapper hardware;
  final CalgaryMode mode = new CalgaryMode();
  final PageFrames frames = PageFrames.of(List.of(KERNELS));
  final DmaMapping mapping;

  CalgaryMachine() {
    this(Chip.CALGARY, Optional.of(TableSize.KIB_64));
  }

  CalgaryMachine(Chip chip, Optional<TableSize> size) {
    List<ModeSpec.Phb> phbs =
        List.of(
            new ModeSpec.Phb("0", Optional.of(MEM_1), List.of()),
            new ModeSpec.Phb("1", Optional.empty(), List.of(BRIDGE)));
    machine =
        new MachineSpec(
            "calgary",
            "for tests",
            Era.LINUX_2_6_27,
            List.of(RAM),
            List.of(CRASH),
            List.of(DISK, CARD, NARROW, APART),
            new ModeSpec.Calgary(chip, REGISTERS, phbs, size));
    hardware = mode.hardware(machine);
    mapping = mode.boot(this, machine, frames);
  }

  private static DeviceSpec device(String name, String at, int maskBits, String phb) {
    return new DeviceSpec(
            name,
            RequesterId.parse(at),
            Optional.empty(),
            DeviceKind.STORAGE,
            maskBits,
            phb,
            DeviceSpec.Trait.RESET_BY_DRIVER,
            DeviceSpec.Trait.STOPS_ON_FAULT)
        .with(DeviceSpec.Trait.ON_DUMP_PATH, name.equals("disk"));
  }

  @Override
  public WritableMemory memory() {
    return memory;
  }

  @Override
  public RegisterPort mmio() {
    return hardware.mmio(memory);
  }

  @Override
  public RegisterPort config() {
    return NoRegisters.PORT;
  }

  ChipRegisters registers() {
    return new ChipRegisters(mmio(), REGISTERS);
  }

  Outcome translate(DeviceSpec device, long iova, Access access) {
    return hardware.translate(memory, new Request(device.requester(), iova, access));
  }

  boolean isBlocked(DeviceSpec device, long iova, Access access) {
    return translate(device, iova, access) instanceof Outcome.Blocked;
  }

  DmaHandle map(DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    return Assertions.assertInstanceOf(
            MapAttempt.Mapped.class, mapping.map(this, device, buffer, sizeBytes, direction))
        .handle();
  }

  void unmap(DeviceSpec device, DmaHandle handle) {
    mapping.unmap(this, device, handle);
  }

  static long fingerprint(Remapper hardware) {
    Fingerprint print = new Fingerprint();
    hardware.addTo(print);
    return print.value();
  }

  static long fingerprint(DmaMapping mapping) {
    Fingerprint print = new Fingerprint();
    mapping.addTo(print);
    return print.value();
  }
}
