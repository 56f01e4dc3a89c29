// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.Remapper;
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

/**
 * A machine with memory at 0 and at 1 GiB, an aperture at 32 MiB, a device that reaches 256 MiB and
 * one that reaches all.
 */
final class GartFixture {
  static final AddressRange LOW = AddressRange.ofSize(0, 1 << 20);
  static final AddressRange HIGH = AddressRange.ofSize(1 << 30, 4 << 20);
  static final AddressRange CRASH = AddressRange.ofSize(0x4_0000, 0x1_0000);
  static final AddressRange APERTURE = AddressRange.ofSize(0x200_0000, 32 << 20);
  static final ModeSpec.Gart PLAIN = new ModeSpec.Gart(APERTURE.first(), 0, 1, true, false);

  /** What the primary may hand out. */
  static final AddressRange FREE = AddressRange.ofSize(0x8_0000, 0x8_0000);

  static final DeviceSpec NARROW = device("narrow", "00:02.0", 28, "");
  static final DeviceSpec WIDE = device("wide", "00:03.0", 64, "nb0");
  static final DeviceSpec SECOND = device("second", "00:04.0", 28, "nb1");

  private static final Background NOISE = new Background(5);

  final MachineSpec machine;
  final ModelMemory memory;
  final Remapper hardware;
  final Cpu cpu;

  GartFixture(Era era, ModeSpec.Gart spec) {
    this(machine(era, spec, List.of(CRASH)));
  }

  GartFixture(MachineSpec machine) {
    this.machine = machine;
    this.memory = ModelMemory.at(machine.ram(), NOISE);
    this.hardware = new GartMode().hardware(machine);
    this.cpu = new BareCpu(memory, hardware);
  }

  static GartFixture plain() {
    return new GartFixture(Era.LINUX_2_6_27, PLAIN);
  }

  static MachineSpec machine(Era era, ModeSpec.Gart spec, List<AddressRange> crashRanges) {
    return new MachineSpec(
        "small",
        "memory that one device does not reach",
        era,
        List.of(LOW, HIGH),
        crashRanges,
        List.of(NARROW, WIDE, SECOND),
        spec);
  }

  static DeviceSpec device(String name, String address, int maskBits, String unit) {
    return new DeviceSpec(
        name,
        RequesterId.parse(address),
        Optional.empty(),
        DeviceKind.STORAGE,
        maskBits,
        unit,
        DeviceSpec.Trait.ON_DUMP_PATH);
  }

  DmaMapping boot() {
    return new GartMode().boot(cpu, machine, PageFrames.of(List.of(FREE)));
  }

  PageFrames crashFrames() {
    return PageFrames.of(List.of(CRASH));
  }

  DmaHandle map(DmaMapping mapping, DeviceSpec device, long buffer, long size) {
    return switch (mapping.map(cpu, device, buffer, size, Direction.BIDIRECTIONAL)) {
      case MapAttempt.Mapped mapped -> mapped.handle();
      case MapAttempt.Failed failed -> throw new AssertionError(failed.reason().toString());
    };
  }

  Reason failure(DmaMapping mapping, DeviceSpec device, long buffer, long size) {
    return switch (mapping.map(cpu, device, buffer, size, Direction.BIDIRECTIONAL)) {
      case MapAttempt.Mapped mapped -> throw new AssertionError(mapped.handle().toString());
      case MapAttempt.Failed failed -> failed.reason();
    };
  }

  Outcome request(DeviceSpec device, long iova) {
    return hardware.translate(memory, new Request(device.requester(), iova, Access.WRITE));
  }

  long read(int northbridge, Register register) {
    return cpu.config().read32(register(northbridge, register));
  }

  void write(int northbridge, Register register, long value) {
    cpu.config().write32(register(northbridge, register), value);
  }

  static long register(int northbridge, Register register) {
    return ConfigAddress.of(NorthbridgeAddress.of(northbridge), register.offset());
  }

  static long fingerprint(Remapper remapper) {
    Fingerprint fingerprint = new Fingerprint();
    remapper.addTo(fingerprint);
    return fingerprint.value();
  }

  static long fingerprint(DmaMapping mapping) {
    Fingerprint fingerprint = new Fingerprint();
    mapping.addTo(fingerprint);
    return fingerprint.value();
  }
}
