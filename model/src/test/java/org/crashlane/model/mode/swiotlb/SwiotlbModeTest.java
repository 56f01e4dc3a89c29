// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.NARROW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.ArmReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SwiotlbModeTest {
  private static final AddressRange LOW = AddressRange.ofSize(0x10_0000, 0x8_0000);
  private static final AddressRange HIGH = AddressRange.ofSize(0x30_0000, 0x8_0000);

  private static DmaMapping capture(List<AddressRange> crashRanges) {
    MachineSpec machine = SwiotlbFixture.machine(Era.LINUX_6, false, 256 << 10, crashRanges);
    return SwiotlbMode.capture(machine, PageFrames.of(crashRanges));
  }

  @ParameterizedTest
  @CsvSource({"LINUX_2_6_27, 0x80000", "LINUX_6, 0xC0000"})
  void poolIsWhereTheNarrowestDeviceReaches(Era era, String base) {
    SwiotlbMapping mapping =
        assertInstanceOf(SwiotlbMapping.class, new SwiotlbFixture(era, false).mapping);
    assertEquals(AddressRange.ofSize(Long.decode(base), 256 << 10), mapping.poolMemory());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void poolWithoutRoomIsAMachineThatCannotBe(Era era) {
    assertThrows(IllegalArgumentException.class, () -> new SwiotlbFixture(era, false, 8 << 20));
  }

  @Test
  void nothingIsToBeArmed() {
    SwiotlbFixture machine = new SwiotlbFixture(Era.LINUX_2_6_27, false);
    assertEquals(
        ArmReport.NOTHING_NEEDED,
        machine.mapping.arm(machine.cpu, List.of(SwiotlbFixture.CRASH), List.of(NARROW)));
  }

  @Test
  void captureKernelThatIsReachedAllOverDoesWithoutAPool() {
    assertInstanceOf(DirectMapping.class, capture(List.of(LOW)));
  }

  @Test
  void captureKernelBeyondReachHasAPoolInItsLowRange() {
    SwiotlbMapping mapping = assertInstanceOf(SwiotlbMapping.class, capture(List.of(LOW, HIGH)));
    assertTrue(LOW.contains(mapping.poolMemory()), mapping.poolMemory().toString());
  }

  @Test
  void captureKernelThatBouncesAllHasAPoolAsLargeAsThePrimarys() {
    List<AddressRange> crash = List.of(LOW);
    MachineSpec machine = SwiotlbFixture.machine(Era.LINUX_6, true, 256 << 10, crash);
    SwiotlbMapping mapping =
        assertInstanceOf(SwiotlbMapping.class, SwiotlbMode.capture(machine, PageFrames.of(crash)));
    assertEquals(256 << 10, mapping.poolMemory().sizeBytes());
  }

  @Test
  void captureKernelThatBouncesAllCannotStartWithoutRoomForThePool() {
    List<AddressRange> crash = List.of(HIGH);
    MachineSpec machine = SwiotlbFixture.machine(Era.LINUX_6, true, 256 << 10, crash);
    NoFrameException e =
        assertThrows(
            NoFrameException.class, () -> SwiotlbMode.capture(machine, PageFrames.of(crash)));
    assertEquals(NoFrameException.Room.BOUNCE_POOL, e.room());
  }

  @Test
  void captureKernelWithoutRoomForAPoolDoesWithoutOne() {
    assertInstanceOf(DirectMapping.class, capture(List.of(HIGH)));
  }
}
