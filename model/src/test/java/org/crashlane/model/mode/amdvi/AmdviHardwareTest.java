// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import static org.crashlane.model.mode.paging.PagedMachine.DISK;
import static org.crashlane.model.mode.paging.PagedMachine.NIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.EventCode;
import org.crashlane.iommu.amdvi.EventRecord;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.iommu.amdvi.Registers.Status;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.rehearsal.Adoption;
import org.junit.jupiter.api.Test;

/** What a unit does by its registers, its rings and its caches. */
class AmdviHardwareTest {
  private static final long BUFFER = 0x30_0000L;
  private static final int LOG_ENTRIES = 512;

  private AmdviMachine machine = AmdviMachine.usual();
  private DmaMapping primary = machine.boot();

  private long commands() {
    return Ring.BASE.inPlace(machine.read(Registers.CMD_BUF_BASE));
  }

  private void give(long low, long high) {
    long tail = machine.read(Registers.CMD_TAIL);
    machine.memory.writeLong(commands() + tail, low);
    machine.memory.writeLong(commands() + tail + Long.BYTES, high);
    machine.write(Registers.CMD_TAIL, tail + Command.BYTES);
  }

  private void give(Command command) {
    give(command.low(), command.high());
  }

  private Optional<EventRecord> event(int index) {
    long at =
        Ring.BASE.inPlace(machine.read(Registers.EVT_LOG_BASE)) + (long) index * EventRecord.BYTES;
    return EventRecord.decode(machine.memory.readLong(at), machine.memory.readLong(at + 8));
  }

  @Test
  void whatIsCachedServesUntilACommandDropsIt() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, BUFFER));
    long entry = machine.deviceTable() + DISK.requester().value() * 32L;
    machine.memory.writeLong(entry, 0);
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, BUFFER));
    give(new Command.InvalidateDeviceEntry(NIC.requester()));
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, BUFFER));
    give(new Command.InvalidateDeviceEntry(DISK.requester()));
    long same = handle.busAddress();
    assertTrue(machine.reaches(DISK, same, Access.READ, same), "an entry without V lets all pass");
  }

  @Test
  void completionWaitStoresWhatItIsTold() {
    give(new Command.CompletionWait(OptionalLong.of(BUFFER), 0x1234_5678_9abcL, false, false));
    assertEquals(0x1234_5678_9abcL, machine.memory.readLong(BUFFER));
    assertEquals(machine.read(Registers.CMD_TAIL), machine.read(Registers.CMD_HEAD));
  }

  @Test
  void theCommandBufferGoesRound() {
    for (int i = 0; i < 2000; i++) {
      DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
      assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, BUFFER), "round " + i);
      primary.unmap(machine.cpu, DISK, handle);
      assertTrue(machine.blocked(DISK, handle.busAddress(), Access.READ), "round " + i);
    }
    assertEquals(machine.read(Registers.CMD_TAIL), machine.read(Registers.CMD_HEAD));
  }

  @Test
  void anIllegalCommandStopsTheUnitAndIsLogged() {
    give(-1, -1);
    assertFalse(Status.CMD_BUF_RUN.isSet(machine.read(Registers.STATUS)));
    assertEquals(EventCode.ILLEGAL_COMMAND_ERROR.code(), event(0).orElseThrow().code());
    give(new Command.CompletionWait(OptionalLong.of(BUFFER), 7, false, false));
    assertNotEquals(7, machine.memory.readLong(BUFFER));
  }

  @Test
  void aBlockedRequestIsLoggedWithItsDomain() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    assertTrue(machine.blocked(DISK, handle.busAddress(), Access.WRITE));
    EventRecord event = event(0).orElseThrow();
    assertEquals(EventCode.IO_PAGE_FAULT.code(), event.code());
    assertEquals(DISK.requester(), event.requester());
    assertEquals(handle.busAddress(), event.address());
    assertNotEquals(0, event.domainId());
    assertEquals(EventRecord.BYTES, machine.read(Registers.EVT_TAIL));
    assertEquals(1, machine.hardware.takeFaults().size());
    assertEquals(List.of(), machine.hardware.takeFaults());
  }

  @Test
  void aFullLogStandsStillAndKeepsWhatItHas() {
    for (int i = 0; i < 2 * LOG_ENTRIES; i++) {
      assertTrue(machine.blocked(NIC, i * 4096L, Access.READ));
    }
    long status = machine.read(Registers.STATUS);
    assertTrue(Status.EVENT_OVERFLOW.isSet(status));
    assertFalse(Status.EVENT_LOG_RUN.isSet(status));
    assertEquals(0, event(0).orElseThrow().address());
    assertEquals(LOG_ENTRIES - 1, machine.hardware.takeFaults().size());
  }

  @Test
  void theLogIsMemoryThatHardwareWrites() {
    long at = Ring.BASE.inPlace(machine.read(Registers.EVT_LOG_BASE));
    assertEquals(List.of(AddressRange.ofSize(at, 8192)), machine.logs());
    machine.write(Registers.CONTROL, Control.IOMMU_EN.mask());
    assertEquals(List.of(), machine.logs());
  }

  @Test
  void switchedOffAllPassesAndCommandsWait() {
    machine.write(Registers.CONTROL, machine.read(Registers.CONTROL) & ~1L);
    assertTrue(machine.reaches(NIC, 0x5000, Access.WRITE, 0x5000));
    give(new Command.CompletionWait(OptionalLong.of(BUFFER), 9, false, false));
    assertNotEquals(9, machine.memory.readLong(BUFFER));
    machine.write(Registers.CONTROL, machine.read(Registers.CONTROL) | 1);
    assertEquals(9, machine.memory.readLong(BUFFER));
  }

  @Test
  void snpLocksTheBaseRegistersOnceTheUnitWorks() {
    machine = AmdviMachine.adopting(Adoption.COPY, true);
    machine.write(Registers.DEV_TAB_BASE, 0x5000);
    assertEquals(0x5000, machine.read(Registers.DEV_TAB_BASE));
    primary = machine.boot();
    for (Register register :
        List.of(
            Registers.DEV_TAB_BASE,
            Registers.CMD_BUF_BASE,
            Registers.EVT_LOG_BASE,
            Registers.EXCLUSION_BASE,
            Registers.EXCLUSION_LIMIT)) {
      long before = machine.read(register);
      machine.write(register, 0x7000);
      assertEquals(before, machine.read(register));
    }
    machine.write(Registers.CMD_TAIL, machine.read(Registers.CMD_HEAD));
    machine.write(Registers.CONTROL, 0);
    assertFalse(machine.hardware.isTranslating());
  }

  @Test
  void forkGoesItsOwnWay() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    Remapper fork = machine.hardware.fork();
    assertEquals(print(machine.hardware), print(fork));
    Request request = new Request(DISK.requester(), handle.busAddress(), Access.READ);
    fork.translate(machine.memory, request);
    assertNotEquals(print(machine.hardware), print(fork), "the fork remembers a translation");
  }

  private static long print(Remapper hardware) {
    Fingerprint into = new Fingerprint();
    hardware.addTo(into);
    return into.value();
  }

  @Test
  void explanationNamesEachEntry() {
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    Request request = new Request(DISK.requester(), handle.busAddress(), Access.READ);
    List<Reason> found = machine.hardware.explain(machine.memory, request);
    assertEquals(Reason.of(Found.UNIT, new Reason.Name("unit0")), found.getFirst());
    assertEquals(new Reason.Name("DevTabBar"), found.get(1).details().getFirst());
    assertEquals("device table entry", found.get(2).term().meaning());
    assertTrue(
        found.stream()
            .anyMatch(reason ->
                reason.term() == Found.LEVEL
                    && reason.details().getFirst().equals(new Reason.Count(1))),
        found::toString);
    assertEquals(Reason.of(Found.REACHES, new Reason.Value(0x300000)), found.getLast());
  }
}
