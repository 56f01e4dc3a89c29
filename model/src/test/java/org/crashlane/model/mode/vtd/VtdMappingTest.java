// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.vtd.VtdMachine.CRASH;
import static org.crashlane.model.mode.vtd.VtdMachine.DISK;
import static org.crashlane.model.mode.vtd.VtdMachine.FIRMWARES;
import static org.crashlane.model.mode.vtd.VtdMachine.GUESTS;
import static org.crashlane.model.mode.vtd.VtdMachine.MODEM;
import static org.crashlane.model.mode.vtd.VtdMachine.NIC;
import static org.crashlane.model.mode.vtd.VtdMachine.PAGE;
import static org.crashlane.model.mode.vtd.VtdMachine.PASSING;
import static org.crashlane.model.mode.vtd.VtdMachine.RESERVED;
import static org.crashlane.model.mode.vtd.VtdMachine.SOUND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.mode.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the primary's driver has devices reach. */
class VtdMappingTest {
  private static final long BUFFER = 0x30_0010L;

  private final VtdMachine machine = VtdMachine.today();
  private final DmaMapping primary = machine.boot();

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

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void armedRangeIsReachedByItself(boolean superpages) {
    VtdMachine other = new VtdMachine(Era.TODAY, superpages, false);
    DmaMapping mapping = other.boot();
    other.map(mapping, DISK, BUFFER, 1, Direction.TO_DEVICE);
    ArmReport report =
        mapping.arm(other.cpu, List.of(CRASH), List.of(DISK, NIC, SOUND, MODEM, PASSING));
    assertTrue(report.isComplete(), report::toString);
    // Three tables; the group's two share one and the passing device needs none.
    assertEquals(superpages ? 3 : 3 * 512, report.entryCount());
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
    VtdMachine small = smallMasks();
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

  @Test
  void armedRangeThatIsNotReservedIsHandedOutAgain() {
    VtdMachine small = smallMasks();
    DmaMapping mapping = small.boot();
    DeviceSpec narrow = small.spec.devices().getFirst();
    mapping.arm(small.cpu, List.of(CRASH), List.of(narrow));
    List<DmaHandle> handles = small.mapPages(mapping, narrow, 0x30_0000L, 2048);
    DmaHandle inside =
        handles.stream().filter(h -> CRASH.contains(h.bus())).findFirst().orElseThrow();
    // The driver takes the large leaf for a table: what it writes is in the crash range, and the
    // device reaches the crash range in place of its buffer.
    assertTrue(small.reaches(narrow, inside.busAddress(), Access.READ, inside.busAddress()));
  }

  static VtdMachine smallMasks() {
    MachineSpec spec = VtdMachine.machine(Era.TODAY, true, false);
    DeviceSpec narrow =
        new DeviceSpec(
            "narrow",
            DISK.address(),
            Optional.empty(),
            DISK.kind(),
            24,
            "dmar0",
            true,
            false,
            false,
            false,
            false);
    List<DeviceSpec> devices = new ArrayList<>(spec.devices());
    devices.set(0, narrow);
    return new VtdMachine(
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

  @Test
  void tablesAreToldPerUnit() {
    UnitTables tables =
        new VtdMode().tables(machine.spec, machine.hardware, machine.memory).getFirst();
    assertEquals("dmar0", tables.unit());
    assertEquals(machine.spec.devices(), tables.devices());
    assertEquals(
        List.of(FIRMWARES.requester(), PASSING.requester(), GUESTS.requester()),
        tables.tables().attachments().stream().map(Attachment::requester).toList());
  }
}
