// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.HIGH;
import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.NARROW;
import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.WIDE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.crashlane.bits.Reason;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.spec.Era;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SwiotlbMappingTest {
  private static final byte[] MARK = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

  @ParameterizedTest
  @EnumSource(Era.class)
  void deviceThatReachesTheBufferIsGivenItsAddress(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    DmaHandle handle = machine.map(WIDE, HIGH + 3, 100, Direction.BIDIRECTIONAL);
    assertEquals(new DmaHandle(HIGH + 3, HIGH + 3, HIGH + 3, 100, Direction.BIDIRECTIONAL), handle);
    assertEquals(0, machine.mapping.takenPageCount());
    machine.mapping.unmap(machine.cpu, WIDE, handle);
    assertEquals(0, machine.mapping.takenPageCount());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void deviceThatDoesNotReachTheBufferIsGivenTheBounceBuffer(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    DmaHandle handle = machine.map(NARROW, HIGH + 3, 100, Direction.TO_DEVICE);
    assertEquals(handle.target(), handle.busAddress());
    assertTrue(handle.bus().last() <= NARROW.dmaMask());
    assertArrayEquals(machine.bytes(HIGH + 3, 100), machine.bytes(handle.target(), 100));
    assertEquals(1, machine.mapping.takenPageCount());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void forceBouncesWhatTheDeviceReaches(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, true);
    DmaHandle handle = machine.map(WIDE, 0x4000, 100, Direction.TO_DEVICE);
    assertFalse(handle.target() == handle.buffer());
    assertArrayEquals(machine.bytes(0x4000, 100), machine.bytes(handle.target(), 100));
  }

  @ParameterizedTest
  @CsvSource({
    "LINUX_2_6_27, TO_DEVICE, true",
    "LINUX_2_6_27, BIDIRECTIONAL, true",
    "LINUX_2_6_27, FROM_DEVICE, false",
    "LINUX_6, TO_DEVICE, true",
    "LINUX_6, BIDIRECTIONAL, true",
    "LINUX_6, FROM_DEVICE, true",
  })
  void mapCopiesInByDirection(Era era, Direction direction, boolean copies) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    DmaHandle handle = machine.map(NARROW, HIGH + 1, 3000, direction);
    boolean same =
        Arrays.equals(machine.bytes(HIGH + 1, 3000), machine.bytes(handle.target(), 3000));
    assertEquals(copies, same);
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void unmapCopiesOutWhatTheDeviceMayWrite(Direction direction) {
    SwiotlbFixture machine = new SwiotlbFixture(Era.LINUX_2_6_27, false);
    byte[] before = machine.bytes(HIGH + 5, MARK.length);
    DmaHandle handle = machine.map(NARROW, HIGH + 5, MARK.length, direction);
    machine.write(handle.target(), MARK);
    assertArrayEquals(before, machine.bytes(HIGH + 5, MARK.length));
    machine.mapping.unmap(machine.cpu, NARROW, handle);
    assertArrayEquals(direction.writes() ? MARK : before, machine.bytes(HIGH + 5, MARK.length));
    assertEquals(0, machine.mapping.takenPageCount());
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void syncCopiesEitherWayAndKeepsTheMapping(Direction direction) {
    SwiotlbFixture machine = new SwiotlbFixture(Era.LINUX_6, false);
    DmaHandle handle = machine.map(NARROW, HIGH, MARK.length, direction);
    byte[] before = machine.bytes(handle.target(), MARK.length);
    machine.write(HIGH, MARK);
    machine.mapping.syncForDevice(machine.cpu, NARROW, handle);
    assertArrayEquals(
        direction.reads() ? MARK : before, machine.bytes(handle.target(), MARK.length));
    byte[] written = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
    machine.write(handle.target(), written);
    machine.mapping.syncForCpu(machine.cpu, NARROW, handle);
    assertArrayEquals(direction.writes() ? written : MARK, machine.bytes(HIGH, MARK.length));
    assertEquals(1, machine.mapping.takenPageCount());
  }

  @Test
  void bufferAcrossTheMaskIsBouncedTodayAndNotBefore() {
    long across = NARROW.dmaMask() + 1 - 16;
    DmaHandle old =
        new SwiotlbFixture(Era.LINUX_2_6_27, false).map(NARROW, across, 32, Direction.TO_DEVICE);
    assertEquals(across, old.busAddress());
    DmaHandle now =
        new SwiotlbFixture(Era.LINUX_6, false).map(NARROW, across, 32, Direction.TO_DEVICE);
    assertTrue(now.bus().last() <= NARROW.dmaMask());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void bufferThatEndsAtTheMaskIsNotBounced(Era era) {
    long last = NARROW.dmaMask() + 1 - 16;
    DmaHandle handle = new SwiotlbFixture(era, false).map(NARROW, last, 16, Direction.TO_DEVICE);
    assertEquals(last, handle.busAddress());
  }

  @ParameterizedTest
  @CsvSource({"LINUX_2_6_27, 4096, 2048", "LINUX_2_6_27, 4097, 4096", "LINUX_6, 4096, 4096"})
  void largeMappingsBeginAtAPage(Era era, int size, int distance) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    DmaHandle first = machine.map(NARROW, HIGH, 1, Direction.TO_DEVICE);
    DmaHandle second = machine.map(NARROW, HIGH, size, Direction.TO_DEVICE);
    assertEquals(distance, second.busAddress() - first.busAddress());
  }

  @Test
  void largestMappingIsASegment() {
    SwiotlbFixture machine = new SwiotlbFixture(Era.LINUX_6, false);
    machine.map(NARROW, HIGH, 256 << 10, Direction.TO_DEVICE);
    assertEquals(64, machine.mapping.takenPageCount());
    machine = new SwiotlbFixture(Era.LINUX_6, false, 512 << 10);
    assertEquals(
        Reason.of(Why.POOL_FULL, new Reason.Size(262_145), new Reason.Needed(129, 256)),
        machine.failure(NARROW, HIGH, (256 << 10) + 1));
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void fullPoolFailsTheMappingAndOneUnmapMakesRoom(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    DmaHandle last = machine.map(NARROW, HIGH, 2048, Direction.TO_DEVICE);
    for (int i = 1; i < 128; i++) {
      last = machine.map(NARROW, HIGH, 2048, Direction.TO_DEVICE);
    }
    Reason.Size size = new Reason.Size(2048);
    assertEquals(
        switch (era) {
          case LINUX_2_6_27 -> Reason.of(Why.POOL_FULL_2_6_27, size, new Reason.Device(0x10));
          case LINUX_6 -> Reason.of(Why.POOL_FULL, size, new Reason.Needed(1, 0));
        },
        machine.failure(NARROW, HIGH, 2048));
    machine.mapping.unmap(machine.cpu, NARROW, last);
    assertEquals(
        last.busAddress(), machine.map(NARROW, HIGH, 2048, Direction.TO_DEVICE).busAddress());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void poolBeyondTheDevicesReachFailsTheMappingAndTakesNothing(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false, 2 << 20);
    assertEquals(
        era == Era.LINUX_6 ? Why.POOL_BEYOND_MASK : Why.POOL_BEYOND_MASK_2_6_27,
        machine.failure(NARROW, HIGH, 100).term());
    assertEquals(0, machine.mapping.takenPageCount());
  }
}
