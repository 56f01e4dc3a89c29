// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import static org.crashlane.model.mode.calgary.CalgaryMachine.APART;
import static org.crashlane.model.mode.calgary.CalgaryMachine.BRIDGE;
import static org.crashlane.model.mode.calgary.CalgaryMachine.CARD;
import static org.crashlane.model.mode.calgary.CalgaryMachine.CRASH;
import static org.crashlane.model.mode.calgary.CalgaryMachine.DISK;
import static org.crashlane.model.mode.calgary.CalgaryMachine.MEM_1;
import static org.crashlane.model.mode.calgary.CalgaryMachine.NARROW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CalgaryMappingTest {
  private static final long PAGE = 4096;
  private static final long BUFFER = 0x30_0000;

  private final CalgaryMachine machine = new CalgaryMachine();

  @Test
  void whatIsMappedIsReachedAndNothingBesideIt() {
    DmaHandle handle = machine.map(DISK, BUFFER + 0x234, 2 * PAGE, Direction.BIDIRECTIONAL);
    assertEquals(0x234, handle.busAddress() % PAGE);
    for (long at : new long[] {0, 1, PAGE, 2 * PAGE - 1}) {
      assertEquals(
          new Outcome.Reached(BUFFER + 0x234 + at),
          machine.translate(DISK, handle.busAddress() + at, Access.WRITE));
    }
    long first = handle.busAddress() - 0x234;
    assertTrue(machine.isBlocked(DISK, first - 1, Access.READ));
    assertTrue(machine.isBlocked(DISK, first + 3 * PAGE, Access.READ));
    assertTrue(machine.isBlocked(CARD, handle.busAddress(), Access.READ), "another PHB");
  }

  /** Linux sets R whatever the direction. */
  @Test
  void deviceMayAlwaysReadAndWritesUnlessItOnlyReads() {
    for (Direction direction : Direction.values()) {
      long bus = machine.map(DISK, BUFFER, PAGE, direction).busAddress();
      assertFalse(machine.isBlocked(DISK, bus, Access.READ));
      assertEquals(direction == Direction.TO_DEVICE, machine.isBlocked(DISK, bus, Access.WRITE));
    }
  }

  @Test
  void whatIsNeverHandedOutIsTheEmergencyPagesTheLowRegionAndWindows() {
    List<AddressRange> handed = new ArrayList<>();
    for (DmaHandle handle : mapAll(DISK)) {
      handed.add(handle.bus());
    }
    for (AddressRange kept :
        List.of(AddressRange.ofSize(0, 32 * PAGE), AddressRange.parse("0xa0000-0xfffff"), MEM_1)) {
      assertTrue(handed.stream().noneMatch(kept::overlaps), kept.toString());
    }
    assertEquals(8192 - 32 - 96 - 256, handed.size());
    List<DmaHandle> behindOther = mapAll(CARD);
    assertTrue(behindOther.stream().map(DmaHandle::bus).noneMatch(BRIDGE::overlaps));
    assertTrue(behindOther.stream().map(DmaHandle::bus).anyMatch(MEM_1::overlaps));
  }

  private List<DmaHandle> mapAll(DeviceSpec device) {
    List<DmaHandle> handles = new ArrayList<>();
    while (machine.mapping.map(machine, device, BUFFER, PAGE, Direction.FROM_DEVICE)
        instanceof MapAttempt.Mapped mapped) {
      handles.add(mapped.handle());
    }
    return handles;
  }

  @Test
  void aFullTableIsToldAndChangesNothing() {
    List<DmaHandle> handles = mapAll(DISK);
    assertEquals(
        new MapAttempt.Failed(MapAttempt.Why.IOMMU_FULL),
        machine.mapping.map(machine, DISK, BUFFER, PAGE, Direction.FROM_DEVICE));
    machine.unmap(DISK, handles.get(7));
    assertEquals(
        handles.get(7).busAddress(),
        machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE).busAddress());
  }

  @Test
  void aNarrowMaskBoundsTheBusAddress() {
    for (DmaHandle handle : mapAll(NARROW)) {
      assertTrue(handle.bus().last() <= NARROW.dmaMask(), handle.toString());
    }
    machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
  }

  @Test
  void aDeviceBehindNoPhbIsMappedDirectly() {
    DmaHandle handle = machine.map(APART, BUFFER + 5, 8, Direction.FROM_DEVICE);
    assertEquals(BUFFER + 5, handle.busAddress());
    assertEquals(
        new Outcome.Reached(BUFFER + 5), machine.translate(APART, BUFFER + 5, Access.WRITE));
    machine.unmap(APART, handle);
  }

  /** Linux flushes only when it goes back to the start of the table. */
  @Test
  void anUnmappedEntryServesOnUntilTarIsWritten() {
    DmaHandle handle = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    machine.translate(DISK, handle.busAddress(), Access.WRITE);
    machine.unmap(DISK, handle);
    assertFalse(machine.isBlocked(DISK, handle.busAddress(), Access.WRITE));
    machine.registers().writeTar(1, machine.registers().tar(1));
    assertFalse(machine.isBlocked(DISK, handle.busAddress(), Access.WRITE), "another PHB's");
    machine.registers().writeTar(0, machine.registers().tar(0));
    assertTrue(machine.isBlocked(DISK, handle.busAddress(), Access.WRITE));
  }

  @ParameterizedTest
  @EnumSource
  void goingBackToTheStartFlushes(Chip chip) {
    CalgaryMachine other = new CalgaryMachine(chip, Optional.of(TableSize.KIB_64));
    DmaHandle first = other.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    other.translate(DISK, first.busAddress(), Access.WRITE);
    other.unmap(DISK, first);
    DmaHandle again = other.map(DISK, BUFFER + PAGE, PAGE, Direction.FROM_DEVICE);
    while (again.busAddress() > first.busAddress()) {
      other.unmap(DISK, again);
      again = other.map(DISK, BUFFER + PAGE, PAGE, Direction.FROM_DEVICE);
    }
    assertEquals(first.busAddress(), again.busAddress());
    assertEquals(
        new Outcome.Reached(BUFFER + PAGE),
        other.translate(DISK, again.busAddress(), Access.WRITE));
    assertEquals(0xffff, other.registers().read(0, PhbRegister.AER));
    assertEquals(0, other.registers().read(0, PhbRegister.PAGE_MIG_CTRL));
  }

  /** A weakness of Linux's own scheme, if chips keep entries that long. */
  @Test
  void aPageThatOutlivedAWrapIsHandedOutAgainWithItsOldEntryStillKept() {
    DmaHandle early = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    DmaHandle late = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    List<DmaHandle> rest = mapAll(DISK);
    machine.unmap(DISK, early);
    DmaHandle wrapped = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    assertEquals(early.busAddress(), wrapped.busAddress());
    machine.translate(DISK, late.busAddress(), Access.WRITE);
    machine.unmap(DISK, late);
    DmaHandle reused = machine.map(DISK, BUFFER + PAGE, PAGE, Direction.FROM_DEVICE);
    assertEquals(late.busAddress(), reused.busAddress());
    assertEquals(
        new Outcome.Reached(BUFFER), machine.translate(DISK, reused.busAddress(), Access.WRITE));
    rest.forEach(handle -> machine.unmap(DISK, handle));
  }

  @Test
  void reservedAddressesAreNotHandedOutAndAreClampedToTheTable() {
    long before = machine.mapping.takenPageCount();
    AddressRange beyond = new AddressRange(CRASH.first(), CRASH.last() + (64 << 20));
    machine.mapping.reserve(machine, List.of(beyond), List.of(DISK, NARROW, APART));
    assertEquals(before + CRASH.sizeBytes() / PAGE, machine.mapping.takenPageCount());
    assertTrue(mapAll(DISK).stream().map(DmaHandle::bus).noneMatch(CRASH::overlaps));
    assertTrue(mapAll(CARD).stream().map(DmaHandle::bus).anyMatch(CRASH::overlaps));
  }

  @Test
  void anArmedCrashRangeIsReachedUpToBothEdgesThroughTheArmedPhbsAlone() {
    ArmReport report = machine.mapping.arm(machine, List.of(CRASH), List.of(DISK, NARROW));
    long pages = CRASH.sizeBytes() / PAGE;
    assertEquals(
        new ArmReport(new ArmingCost(0, pages, pages * 8, 0), List.of(), List.of()), report);
    for (Access access : Access.values()) {
      assertEquals(
          new Outcome.Reached(CRASH.first()), machine.translate(DISK, CRASH.first(), access));
      assertEquals(
          new Outcome.Reached(CRASH.last()), machine.translate(NARROW, CRASH.last(), access));
      assertTrue(machine.isBlocked(DISK, CRASH.first() - 1, access));
      assertTrue(machine.isBlocked(DISK, CRASH.last() + 1, access), "behind the table");
      assertTrue(machine.isBlocked(CARD, CRASH.first(), access));
    }
  }

  /** A freed IOVA of the crash range may still be kept by the chip, with the primary's page. */
  @Test
  void armingFlushesWhatTheChipKeepsOfTheCrashRange() {
    List<DmaHandle> all = mapAll(DISK);
    DmaHandle inside = all.stream().filter(h -> CRASH.overlaps(h.bus())).findFirst().orElseThrow();
    machine.translate(DISK, inside.busAddress(), Access.WRITE);
    all.forEach(handle -> machine.unmap(DISK, handle));
    assertTrue(machine.mapping.arm(machine, List.of(CRASH), List.of(DISK)).isComplete());
    assertEquals(
        new Outcome.Reached(inside.busAddress()),
        machine.translate(DISK, inside.busAddress(), Access.WRITE));
  }

  @Test
  void aConflictArmsNothingOfThatTableAndTheOtherTableAll() {
    List<DmaHandle> all = mapAll(DISK);
    DmaHandle inside = all.stream().filter(h -> CRASH.overlaps(h.bus())).findFirst().orElseThrow();
    all.stream().filter(h -> !h.equals(inside)).forEach(h -> machine.unmap(DISK, h));
    AddressRange other = AddressRange.parse("0x1a00000-0x1a00fff");
    ArmReport report = machine.mapping.arm(machine, List.of(other, CRASH), List.of(DISK, CARD));
    assertFalse(report.isComplete());
    assertEquals(List.of(inside.bus()), report.conflicts().stream().map(c -> c.iova()).toList());
    assertEquals(1 + CRASH.sizeBytes() / PAGE, report.cost().entryCount());
    assertTrue(machine.isBlocked(DISK, other.first(), Access.READ));
    assertFalse(machine.isBlocked(CARD, other.first(), Access.READ));
  }

  @Test
  void whatCannotBeArmedIsRefusedByName() {
    AddressRange overWindow = new AddressRange(MEM_1.first() - PAGE, MEM_1.last());
    ArmReport report = machine.mapping.arm(machine, List.of(overWindow), List.of(DISK));
    assertEquals(1, report.refusals().size());
    Reason refusal = report.refusals().getFirst();
    assertEquals(new Reason.Name("0"), refusal.details().getFirst());
    assertTrue(refusal.toString().contains("MEM_1"), refusal.toString());
    assertEquals(0, report.cost().entryCount());
  }

  @Test
  void randomMappingsReachTheirBuffersAndLeakNothing() {
    for (long seed = 0; seed < 10; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      CalgaryMachine each = new CalgaryMachine();
      long before = each.mapping.takenPageCount();
      List<DmaHandle> live = new ArrayList<>();
      for (int step = 0; step < 2000; step++) {
        if (live.size() > 40 || (!live.isEmpty() && random.nextBoolean())) {
          each.unmap(DISK, live.remove(random.nextInt(live.size())));
        } else {
          long buffer = BUFFER + random.nextInt(1 << 20);
          DmaHandle handle =
              each.map(DISK, buffer, 1 + random.nextInt(1 << 15), Direction.BIDIRECTIONAL);
          assertTrue(live.stream().noneMatch(l -> l.bus().overlaps(handle.bus())), "seed " + seed);
          live.add(handle);
        }
        // By the table alone: what the chip keeps is told elsewhere.
        each.registers().writeTar(0, each.registers().tar(0));
        for (DmaHandle handle : live) {
          long at = random.nextLong(handle.sizeBytes());
          assertEquals(
              new Outcome.Reached(handle.target() + at),
              each.translate(DISK, handle.busAddress() + at, Access.WRITE),
              "seed " + seed);
        }
      }
      live.forEach(handle -> each.unmap(DISK, handle));
      assertEquals(before, each.mapping.takenPageCount(), "seed " + seed);
      long table =
          each.hardware.tables(each.machine, each.memory).getFirst().tables().state().rootAddress();
      for (long at = table; at < table + TableSize.KIB_64.bytes(); at += Long.BYTES) {
        assertEquals(0, each.memory.readLong(at), "seed " + seed);
      }
    }
  }

  @Test
  void aForkGoesItsOwnWay() {
    DmaMapping fork = machine.mapping.fork();
    assertEquals(CalgaryMachine.fingerprint(machine.mapping), CalgaryMachine.fingerprint(fork));
    machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    assertNotEquals(CalgaryMachine.fingerprint(machine.mapping), CalgaryMachine.fingerprint(fork));
    assertInstanceOf(
        MapAttempt.Mapped.class, fork.map(machine, DISK, BUFFER, PAGE, Direction.FROM_DEVICE));
    assertEquals(CalgaryMachine.fingerprint(machine.mapping), CalgaryMachine.fingerprint(fork));
  }
}
