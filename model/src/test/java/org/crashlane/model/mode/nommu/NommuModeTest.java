// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.nommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
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
import org.crashlane.rehearsal.ArmReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NommuModeTest {
  private static final AddressRange RAM = AddressRange.ofSize(0, 1 << 20);
  private static final AddressRange CRASH = AddressRange.ofSize(0x8_0000, 0x4_0000);
  private static final NommuMode MODE = new NommuMode();
  private static final MachineSpec MACHINE =
      new MachineSpec(
          "plain",
          "no IOMMU",
          Era.LINUX_6,
          List.of(RAM),
          List.of(CRASH),
          List.of(device(32)),
          new ModeSpec.Nommu());

  private final ModelMemory memory = ModelMemory.at(List.of(RAM), new Background(1));
  private final Remapper hardware = MODE.hardware(MACHINE);
  private final Cpu cpu = new BareCpu(memory, hardware);

  private static DeviceSpec device(int maskBits) {
    return new DeviceSpec(
        "disk",
        RequesterId.parse("00:02.0"),
        Optional.empty(),
        DeviceKind.STORAGE,
        maskBits,
        "",
        DeviceSpec.Trait.ON_DUMP_PATH);
  }

  private MapAttempt map(Era era, int maskBits, long buffer, long size) {
    return new DirectMapping(era).map(cpu, device(maskBits), buffer, size, Direction.TO_DEVICE);
  }

  @ParameterizedTest
  @CsvSource({
    "LINUX_2_6_27, 32, 0xfffffff0, 16, false",
    "LINUX_2_6_27, 32, 0xfffffff0, 15, true",
    "LINUX_2_6_27, 32, 0x100000000, 1, false",
    "LINUX_2_6_27, 64, 0xfffffff0, 16, true",
    "LINUX_6, 32, 0xfffffff0, 16, true",
    "LINUX_6, 32, 0xfffffff0, 17, false",
    "LINUX_6, 32, 0x100000000, 1, false",
    "LINUX_6, 64, 0x7ffffffffffffff0, 16, true",
  })
  void maskIsHeldAgainstTheBuffersEndAsTheEraDoes(
      Era era, int maskBits, String buffer, int size, boolean mapped) {
    MapAttempt attempt = map(era, maskBits, Long.decode(buffer), size);
    assertEquals(mapped, attempt instanceof MapAttempt.Mapped, attempt.toString());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void busAddressIsThePhysicalAddress(Era era) {
    MapAttempt.Mapped mapped = assertInstanceOf(MapAttempt.Mapped.class, map(era, 32, 0x1234, 100));
    assertEquals(new DmaHandle(0x1234, 0x1234, 0x1234, 100, Direction.TO_DEVICE), mapped.handle());
  }

  @Test
  void refusalNamesTheBufferAndTheMask() {
    assertEquals(
        new MapAttempt.Failed(
            Reason.of(
                MapAttempt.Why.MASK_OVERFLOW,
                new Reason.Addresses(1L << 32, 1L << 32),
                new Reason.Because(
                    Reason.of(MapAttempt.Why.DEVICE_MASK, new Reason.Value(0xffff_ffffL))))),
        map(Era.LINUX_6, 32, 1L << 32, 1));
  }

  @Test
  void hardwareLetsAllPassButInterrupts() {
    RequesterId requester = RequesterId.parse("00:02.0");
    assertEquals(
        new Outcome.Reached(0x1234),
        hardware.translate(memory, new Request(requester, 0x1234, Access.WRITE)));
    assertEquals(
        new Outcome.Interrupt(),
        hardware.translate(
            memory, new Request(requester, InterruptWindow.RANGE.first(), Access.WRITE)));
    assertFalse(hardware.isTranslating());
  }

  @Test
  void nothingIsArmedHandedOutOrToBeJudged() {
    PageFrames frames = PageFrames.of(List.of(RAM));
    DmaMapping mapping = MODE.boot(cpu, MACHINE, frames);
    assertEquals(ArmReport.NOTHING_NEEDED, mapping.arm(cpu, List.of(CRASH), MACHINE.devices()));
    assertEquals(0, mapping.takenPageCount());
    assertEquals(RAM.sizeBytes(), frames.freeBytes());
    assertTrue(hardware.tables(MACHINE, memory).isEmpty());
  }
}
