// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import static org.crashlane.model.mode.paging.PagedMachine.CRASH;
import static org.crashlane.model.mode.paging.PagedMachine.DISK;
import static org.crashlane.model.mode.paging.PagedMachine.FIRMWARES;
import static org.crashlane.model.mode.paging.PagedMachine.GUESTS;
import static org.crashlane.model.mode.paging.PagedMachine.MODEM;
import static org.crashlane.model.mode.paging.PagedMachine.NIC;
import static org.crashlane.model.mode.paging.PagedMachine.PAGE;
import static org.crashlane.model.mode.paging.PagedMachine.PASSING;
import static org.crashlane.model.mode.paging.PagedMachine.RESERVED;
import static org.crashlane.model.mode.paging.PagedMachine.SOUND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.junit.jupiter.api.Test;

/** What the primary's driver has devices reach, whoever made the units. */
public abstract class PagedMappingContract {
  protected static final long BUFFER = 0x30_0010L;

  protected final PagedMachine machine;
  protected final DmaMapping primary;

  protected PagedMappingContract(PagedMachine machine) {
    this.machine = machine;
    this.primary = machine.boot();
  }

  /** {@return a machine of the same kind with this description} */
  protected abstract PagedMachine other(MachineSpec spec);

  @Test
  void firstMappingIsBelowFourGigabytesAtTheTop() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 100, Direction.TO_DEVICE);
    assertEquals(0xffff_f010L, handle.busAddress());
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, BUFFER));
    assertTrue(machine.reaches(DISK, handle.busAddress() + 99, Access.READ, BUFFER + 99));
  }

  @Test
  void directionGivesTheRight() {
    DmaHandle out = machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    assertTrue(machine.blocked(DISK, out.busAddress(), Access.WRITE));
    DmaHandle in = machine.map(primary, DISK, BUFFER, 1, Direction.FROM_DEVICE);
    assertTrue(machine.blocked(DISK, in.busAddress(), Access.READ));
    assertTrue(machine.reaches(DISK, in.busAddress(), Access.WRITE, BUFFER));
  }

  @Test
  void whatIsUnmappedIsBlockedThoughItWasCached() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 3 * PAGE, Direction.BIDIRECTIONAL);
    assertTrue(machine.reaches(DISK, handle.busAddress() + PAGE, Access.READ, BUFFER + PAGE));
    primary.unmap(machine.cpu, DISK, handle);
    for (int page = 0; page < 4; page++) {
      assertTrue(machine.blocked(DISK, handle.busAddress() + page * PAGE, Access.READ));
    }
    assertEquals(0, primary.takenPageCount());
  }

  @Test
  void anotherDevicesMappingIsNotReached() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    machine.map(primary, NIC, BUFFER + PAGE, 1, Direction.BIDIRECTIONAL);
    assertTrue(machine.reaches(NIC, handle.busAddress(), Access.READ, BUFFER + PAGE));
    assertTrue(machine.blocked(SOUND, handle.busAddress(), Access.READ));
  }

  @Test
  void devicesBehindOneBridgeShareADomain() {
    DmaHandle sound = machine.map(primary, SOUND, BUFFER, 1, Direction.BIDIRECTIONAL);
    DmaHandle modem = machine.map(primary, MODEM, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertFalse(sound.bus().overlaps(modem.bus()));
    assertTrue(machine.reaches(MODEM, sound.busAddress(), Access.READ, BUFFER));
  }

  @Test
  void firmwaresMemoryIsMappedFromTheBeginningAndNotHandedOut() {
    assertTrue(machine.reaches(FIRMWARES, RESERVED.last(), Access.WRITE, RESERVED.last()));
    assertTrue(machine.blocked(FIRMWARES, RESERVED.last() + 1, Access.WRITE));
  }

  @Test
  void passingDeviceSeesPhysicalAddresses() {
    DmaHandle handle = machine.map(primary, PASSING, BUFFER, 1, Direction.TO_DEVICE);
    assertEquals(BUFFER, handle.busAddress());
    assertTrue(machine.reaches(PASSING, 0x1234, Access.WRITE, 0x1234));
    primary.unmap(machine.cpu, PASSING, handle);
  }

  @Test
  void guestsDeviceReachesGuestMemory() {
    assertFalse(machine.blocked(GUESTS, 0, Access.WRITE));
    assertFalse(machine.blocked(GUESTS, 3 * PAGE, Access.WRITE));
    assertTrue(machine.blocked(GUESTS, 4 * PAGE, Access.WRITE));
  }

  /** A machine whose crash range takes {@code entryCount} entries for each table. */
  protected static void armedRangeIsReachedByItself(PagedMachine other, long entryCount) {
    DmaMapping mapping = other.boot();
    other.map(mapping, DISK, BUFFER, 1, Direction.TO_DEVICE);
    ArmReport report =
        mapping.arm(other.cpu, List.of(CRASH), List.of(DISK, NIC, SOUND, MODEM, PASSING));
    assertTrue(report.isComplete(), report::toString);
    // Three tables; the group's two share one and the passing device needs none.
    assertEquals(3 * entryCount, report.entryCount());
    for (long at = CRASH.first(); at <= CRASH.last(); at += PAGE) {
      assertTrue(other.reaches(DISK, at, Access.READ, at));
      assertTrue(other.reaches(NIC, at + 1, Access.WRITE, at + 1));
      assertTrue(other.reaches(MODEM, at, Access.WRITE, at));
      assertTrue(other.blocked(GUESTS, at, Access.WRITE));
    }
    assertTrue(other.blocked(DISK, CRASH.last() + 1, Access.READ));
    assertTrue(other.blocked(DISK, CRASH.first() - 1, Access.READ));
  }

  @Test
  void armingCountsWhatItTook() {
    machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    ArmReport report = primary.arm(machine.cpu, List.of(CRASH), List.of(DISK));
    // A table of level 2 and one entry that points to it.
    assertEquals(new ArmReport(1, 1, PAGE + Long.BYTES, List.of(), List.of()), report);
  }

  @Test
  void armingAgainWritesNothing() {
    primary.arm(machine.cpu, List.of(CRASH), List.of(DISK));
    assertEquals(
        new ArmReport(0, 0, 0, List.of(), List.of()),
        primary.arm(machine.cpu, List.of(CRASH), List.of(DISK)));
  }

  @Test
  void reservedRangeIsNotHandedOutInDomainsMadeLaterEither() {
    machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    AddressRange top = AddressRange.ofSize(0xffff_0000L, 0x1_0000L);
    primary.reserve(machine.cpu, List.of(top), List.of(DISK, NIC));
    assertEquals(0xfffe_f000L, machine.map(primary, DISK, 0, 1, Direction.TO_DEVICE).busAddress());
    assertEquals(0xfffe_f000L, machine.map(primary, NIC, 0, 1, Direction.TO_DEVICE).busAddress());
  }

  @Test
  void mappingInTheWayIsAConflictAndNothingIsArmed() {
    PagedMachine small = smallMasks();
    DmaMapping mapping = small.boot();
    DeviceSpec narrow = small.spec.devices().getFirst();
    List<DmaHandle> handles = small.mapPages(mapping, narrow, 0x30_0000L, 2048);
    DmaHandle inside =
        handles.stream().filter(h -> CRASH.contains(h.bus())).findFirst().orElseThrow();
    ArmReport report = mapping.arm(small.cpu, List.of(CRASH), List.of(narrow));
    assertFalse(report.isComplete());
    assertEquals(0, report.entryCount());
    assertTrue(report.conflicts().stream().anyMatch(c -> c.iova().overlaps(inside.bus())));
    assertTrue(small.reaches(narrow, inside.busAddress(), Access.READ, inside.buffer()));
  }

  /** {@return one whose first device reaches 16 MiB only} */
  protected final PagedMachine smallMasks() {
    MachineSpec spec = machine.spec;
    DeviceSpec narrow =
        new DeviceSpec(
            "narrow",
            DISK.address(),
            Optional.empty(),
            DISK.kind(),
            24,
            PagedMachine.UNIT,
            true,
            false,
            false,
            false,
            false);
    List<DeviceSpec> devices = new ArrayList<>(spec.devices());
    devices.set(0, narrow);
    return other(
        new MachineSpec(
            spec.name(),
            spec.summary(),
            spec.era(),
            spec.ram(),
            spec.crashRanges(),
            devices,
            spec.modeSpec()));
  }

  @Test
  void forkGoesItsOwnWay() {
    DmaMapping copy = primary.fork();
    assertEquals(print(primary), print(copy));
    MapAttempt attempt = copy.map(machine.cpu, DISK, BUFFER, 1, Direction.TO_DEVICE);
    assertInstanceOf(MapAttempt.Mapped.class, attempt);
    assertEquals(0, primary.takenPageCount());
    assertFalse(print(primary) == print(copy));
  }

  private static long print(DmaMapping mapping) {
    Fingerprint into = new Fingerprint();
    mapping.addTo(into);
    return into.value();
  }
}
