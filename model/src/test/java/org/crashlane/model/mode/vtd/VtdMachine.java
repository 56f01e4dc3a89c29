// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.NoRegisters;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** A machine with 16 MiB, a crash range of 2 MiB, and what its CPU reaches. */
final class VtdMachine {
  static final long BASE = 0xfed9_0000L;
  static final AddressRange RAM = AddressRange.ofSize(0, 0x100_0000L);
  static final AddressRange CRASH = AddressRange.ofSize(0x80_0000L, 0x20_0000L);
  static final AddressRange TABLES = AddressRange.ofSize(0x10_0000L, 0x10_0000L);
  static final AddressRange RESERVED = AddressRange.ofSize(0x8_0000L, 0x2000L);
  static final long PAGE = 4096;

  static final DeviceSpec DISK = device("disk", 3, false, false, Optional.empty());
  static final DeviceSpec NIC = device("nic", 4, false, false, Optional.empty());
  static final DeviceSpec FIRMWARES = device("usb", 5, false, false, Optional.empty());
  static final DeviceSpec PASSING = device("gpu", 6, false, true, Optional.empty());
  static final DeviceSpec GUESTS = device("vf", 7, true, false, Optional.empty());
  static final RequesterId BRIDGE = RequesterId.of(0, 30, 0);
  static final DeviceSpec SOUND = device("sound", 8, false, false, Optional.of(BRIDGE));
  static final DeviceSpec MODEM = device("modem", 9, false, false, Optional.of(BRIDGE));
  static final List<DeviceSpec> DEVICES =
      List.of(DISK, NIC, FIRMWARES, PASSING, GUESTS, SOUND, MODEM);

  final MachineSpec spec;
  final ModelMemory memory;
  final RemappingUnits hardware;
  final Cpu cpu;

  VtdMachine(Era era, boolean superpages, boolean cachesAbsent) {
    this(machine(era, superpages, cachesAbsent));
  }

  VtdMachine(MachineSpec spec) {
    this.spec = spec;
    this.memory = ModelMemory.at(spec.ram(), new Background(1));
    this.hardware = VtdHardware.of(spec);
    this.cpu = new DirectCpu(memory, hardware.mmio(memory));
  }

  static VtdMachine today() {
    return new VtdMachine(Era.TODAY, true, false);
  }

  static MachineSpec machine(Era era, boolean superpages, boolean cachesAbsent) {
    ModeSpec.VtdUnit unit = new ModeSpec.VtdUnit("dmar0", BASE, 39, superpages, cachesAbsent);
    ModeSpec.Vtd mode =
        new ModeSpec.Vtd(
            39,
            List.of(unit),
            List.of(new ModeSpec.ReservedMemory(FIRMWARES.name(), RESERVED)),
            32);
    return new MachineSpec("small", "for tests", era, List.of(RAM), List.of(CRASH), DEVICES, mode);
  }

  static DeviceSpec device(
      String name, int device, boolean guests, boolean passes, Optional<RequesterId> alias) {
    return new DeviceSpec(
        name,
        RequesterId.of(0, device, 0),
        alias,
        DeviceKind.STORAGE,
        32,
        "dmar0",
        true,
        false,
        false,
        guests,
        passes);
  }

  private record DirectCpu(WritableMemory memory, RegisterPort mmio) implements Cpu {
    @Override
    public RegisterPort config() {
      return NoRegisters.PORT;
    }
  }

  DmaMapping boot() {
    return new VtdMode().boot(cpu, spec, PageFrames.of(List.of(TABLES)));
  }

  static PageFrames captureFrames() {
    return PageFrames.of(List.of(CRASH));
  }

  DmaHandle map(
      DmaMapping mapping, DeviceSpec device, long buffer, long size, Direction direction) {
    return switch (mapping.map(cpu, device, buffer, size, direction)) {
      case MapAttempt.Mapped mapped -> mapped.handle();
      case MapAttempt.Failed failed -> throw new AssertionError(failed.reason());
    };
  }

  Outcome dma(DeviceSpec device, long iova, Access access) {
    return hardware.translate(memory, new Request(device.requester(), iova, access));
  }

  boolean reaches(DeviceSpec device, long iova, Access access, long physical) {
    return dma(device, iova, access).equals(new Outcome.Reached(physical));
  }

  boolean blocked(DeviceSpec device, long iova, Access access) {
    return dma(device, iova, access) instanceof Outcome.Blocked;
  }

  /** {@return the handles of {@code count} mappings of one page each} */
  List<DmaHandle> mapPages(DmaMapping mapping, DeviceSpec device, long buffer, int count) {
    List<DmaHandle> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(map(mapping, device, buffer + (long) i * PAGE, PAGE, Direction.BIDIRECTIONAL));
    }
    return handles;
  }
}
