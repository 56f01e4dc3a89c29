// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.vtd.VtdMachine.BASE;
import static org.crashlane.model.mode.vtd.VtdMachine.CRASH;
import static org.crashlane.model.mode.vtd.VtdMachine.DISK;
import static org.crashlane.model.mode.vtd.VtdMachine.FIRMWARES;
import static org.crashlane.model.mode.vtd.VtdMachine.NIC;
import static org.crashlane.model.mode.vtd.VtdMachine.RESERVED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.Era;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the capture kernel's ways of starting do to leftover DMA and to its own. */
class CaptureTest {
  private static final long BUFFER = 0x30_0000L;
  private static final long OWN = CRASH.first() + 0x10_0000L;

  private VtdMachine machine = VtdMachine.today();
  private DmaHandle leftover;

  private void crash() {
    DmaMapping primary = machine.boot();
    leftover = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
  }

  private PageFrames frames() {
    return VtdMachine.captureFrames();
  }

  @Test
  void adoptedLeftoversGoOnUntilTheirDeviceIsMappedAnew() {
    crash();
    DmaMapping capture = new VtdMode().capture(Strategy.ADOPT, machine.cpu, machine.spec, frames());
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    DmaHandle other = machine.map(capture, NIC, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(NIC, other.busAddress(), Access.WRITE, OWN));
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    // The same IOVA as the leftover's: it was cached, and is not any more.
    assertEquals(leftover.busAddress(), own.busAddress());
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
  }

  @Test
  void adoptedRootIsInTheCrashRangeAndSecondLevelTablesAreNot() {
    crash();
    new VtdMode().capture(Strategy.ADOPT, machine.cpu, machine.spec, frames());
    Set<AddressRange> pages = machine.tablePages();
    assertTrue(pages.contains(AddressRange.ofSize(rootAddress(), 4096)));
    assertTrue(CRASH.contains(rootAddress()));
    assertTrue(pages.stream().anyMatch(page -> !CRASH.overlaps(page)));
  }

  private long rootAddress() {
    return Rtaddr.RTA.inPlace(machine.cpu.mmio().read(BASE, Registers.RTADDR));
  }

  @Test
  void tablesInAnotherModeAreNotAdopted() {
    crash();
    long scalable = Rtaddr.TTM.of(Rtaddr.TTM_SCALABLE) | rootAddress();
    machine.cpu.mmio().write(BASE, Registers.RTADDR, scalable);
    new VtdMode().capture(Strategy.ADOPT, machine.cpu, machine.spec, frames());
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
    assertTrue(machine.hardware.isTranslating());
  }

  @Test
  void tablesThatThereIsNoRoomToCopyAreNotAdopted() {
    crash();
    PageFrames two = PageFrames.of(List.of(AddressRange.ofSize(OWN, 2 * VtdMachine.PAGE)));
    new VtdMode().capture(Strategy.ADOPT, machine.cpu, machine.spec, two);
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    machine = VtdMachine.today();
    crash();
    PageFrames one = PageFrames.of(List.of(AddressRange.ofSize(OWN, VtdMachine.PAGE)));
    new VtdMode().capture(Strategy.ADOPT, machine.cpu, machine.spec, one);
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
  }

  @Test
  void offLetsLeftoversGoWhereTheirIovaSays() {
    crash();
    DmaMapping capture = new VtdMode().capture(Strategy.OFF, machine.cpu, machine.spec, frames());
    assertTrue(capture instanceof DirectMapping);
    assertFalse(machine.hardware.isTranslating());
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, leftover.busAddress()));
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void abortBlocksAllUntilADriverMaps(Era era) {
    machine = new VtdMachine(era, true, false);
    crash();
    DmaMapping capture = new VtdMode().capture(Strategy.ABORT, machine.cpu, machine.spec, frames());
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
    assertTrue(machine.blocked(FIRMWARES, RESERVED.first(), Access.WRITE));
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
    assertTrue(machine.blocked(NIC, 0, Access.READ));
    machine.map(capture, FIRMWARES, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(FIRMWARES, RESERVED.first(), Access.WRITE, RESERVED.first()));
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void abortByTheRegisterIsThereOnlyOnTodaysUnits(Era era) {
    machine = new VtdMachine(era, true, false);
    assertEquals(
        era == Era.LINUX_6, UnitDriver.of(machine.cpu, machine.spec).getFirst().abortsDma());
  }

  @ParameterizedTest
  @CsvSource({"LINUX_6, false", "LINUX_6, true", "LINUX_2_6_27, true"})
  void armedCrashRangeServesAKernelThatSeesNoIommu(Era era, boolean cachesAbsent) {
    machine = new VtdMachine(era, true, cachesAbsent);
    DmaMapping primary = machine.boot();
    // Where absence is cached, these are remembered as blocked.
    assertTrue(machine.blocked(NIC, OWN, Access.WRITE));
    leftover = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertTrue(machine.blocked(DISK, OWN, Access.WRITE));
    primary.reserve(machine.cpu, List.of(CRASH), List.of(DISK, NIC));
    assertTrue(primary.arm(machine.cpu, List.of(CRASH), List.of(DISK, NIC)).isComplete());
    DirectMapping blind = new DirectMapping(machine.spec.era());
    DmaHandle own = machine.map(blind, DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
    assertTrue(machine.reaches(NIC, OWN, Access.WRITE, OWN));
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
  }
}
