// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import static org.crashlane.model.mode.paging.PagedMachine.CRASH;
import static org.crashlane.model.mode.paging.PagedMachine.DISK;
import static org.crashlane.model.mode.paging.PagedMachine.FIRMWARES;
import static org.crashlane.model.mode.paging.PagedMachine.NIC;
import static org.crashlane.model.mode.paging.PagedMachine.RESERVED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.mode.paging.PagedMachine;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the capture kernel's ways of starting do to leftover DMA and to its own. */
class CaptureTest {
  private static final long BUFFER = 0x30_0000L;
  private static final long OWN = CRASH.first() + 0x10_0000L;

  private AmdviMachine machine = AmdviMachine.usual();
  private DmaHandle leftover;

  private DmaMapping crash() {
    DmaMapping primary = machine.boot();
    leftover = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    return primary;
  }

  private DmaMapping adopt() {
    return new AmdviMode()
        .capture(Strategy.ADOPT, machine.cpu, machine.spec, PagedMachine.captureFrames());
  }

  private int domain(DeviceSpec device) {
    long entry = machine.deviceTable() + (long) device.requester().value() * DeviceTableEntry.BYTES;
    return DeviceTableEntry.domainId(machine.memory.readLong(entry + Long.BYTES));
  }

  @ParameterizedTest
  @EnumSource(Adoption.class)
  void adoptedLeftoversGoOnUntilTheirDeviceIsMappedAnew(Adoption adoption) {
    machine = AmdviMachine.adopting(adoption, false);
    crash();
    int oldDomain = domain(DISK);
    DmaMapping capture = adopt();
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    DmaHandle other = machine.map(capture, NIC, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(NIC, other.busAddress(), Access.WRITE, OWN));
    assertNotEquals(oldDomain, domain(NIC), "an id that cached translations have is kept");
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
    long same = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE).busAddress();
    assertEquals(leftover.busAddress(), same);
    assertTrue(machine.reaches(DISK, same, Access.WRITE, OWN), "what was cached is gone");
  }

  @Test
  void aCopiedDeviceTableIsInTheCrashRangeAndAReusedOneIsNot() {
    crash();
    adopt();
    assertTrue(CRASH.contains(machine.deviceTable()));
    machine = AmdviMachine.adopting(Adoption.REUSE, false);
    crash();
    long before = machine.deviceTable();
    adopt();
    assertEquals(before, machine.deviceTable());
  }

  @ParameterizedTest
  @EnumSource(Adoption.class)
  void aDeviceTableOfAnotherSizeIsNotTrustedAndAllStartsAfresh(Adoption adoption) {
    machine = AmdviMachine.withDeviceTable(1 << 16, adoption);
    crash();
    adopt();
    assertTrue(machine.hardware.isTranslating());
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
  }

  @Test
  void aDeviceTableAboveFourGigabytesIsNotTrusted() {
    crash();
    long register = machine.read(Registers.DEV_TAB_BASE);
    machine.write(Registers.DEV_TAB_BASE, register | 1L << Integer.SIZE);
    adopt();
    assertTrue(CRASH.contains(machine.deviceTable()));
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
  }

  @Test
  void offLetsLeftoversGoWhereTheirIovaSays() {
    crash();
    DmaMapping capture =
        new AmdviMode()
            .capture(Strategy.OFF, machine.cpu, machine.spec, PagedMachine.captureFrames());
    assertTrue(capture instanceof DirectMapping);
    assertFalse(machine.hardware.isTranslating());
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, leftover.busAddress()));
  }

  @Test
  void abortBlocksAllUntilADriverMaps() {
    crash();
    DmaMapping capture =
        new AmdviMode()
            .capture(Strategy.ABORT, machine.cpu, machine.spec, PagedMachine.captureFrames());
    assertTrue(machine.blocked(DISK, leftover.busAddress(), Access.WRITE));
    assertTrue(machine.blocked(FIRMWARES, RESERVED.first(), Access.WRITE));
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
    machine.map(capture, FIRMWARES, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(FIRMWARES, RESERVED.first(), Access.WRITE, RESERVED.first()));
  }

  @Test
  void withSnpACopyIsNeverSeenAndTheOldTablesLeadOn() {
    machine = AmdviMachine.adopting(Adoption.COPY, true);
    crash();
    long before = machine.deviceTable();
    DmaMapping capture = adopt();
    assertEquals(before, machine.deviceTable());
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    // The same IOVA as the leftover's, and the primary's page behind it.
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, BUFFER));
  }

  @Test
  void withSnpReusedTablesWork() {
    machine = AmdviMachine.adopting(Adoption.REUSE, true);
    crash();
    DmaMapping capture = adopt();
    DmaHandle own = machine.map(capture, DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
  }

  @ParameterizedTest
  @EnumSource(Adoption.class)
  void withSnpAnArmedCrashRangeServesAKernelThatSeesNoIommu(Adoption adoption) {
    machine = AmdviMachine.adopting(adoption, true);
    DmaMapping primary = crash();
    primary.reserve(machine.cpu, List.of(CRASH), List.of(DISK, NIC));
    assertTrue(primary.arm(machine.cpu, List.of(CRASH), List.of(DISK, NIC)).isComplete());
    DmaHandle own =
        machine.map(new DirectMapping(machine.spec.era()), DISK, OWN, 1, Direction.FROM_DEVICE);
    assertTrue(machine.reaches(DISK, own.busAddress(), Access.WRITE, OWN));
    assertTrue(machine.reaches(DISK, leftover.busAddress(), Access.WRITE, BUFFER));
  }
}
