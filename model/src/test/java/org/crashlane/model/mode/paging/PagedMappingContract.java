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
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Outcome;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.mode.WatchingCpu;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;
import org.junit.jupiter.api.Test;

/** What the primary's driver has devices reach, whoever made the units. */
public abstract class PagedMappingContract {
  protected static final long BUFFER = 0x30_0010L;

  /** As many address bits as a device has that reaches 256 pages. */
  private static final int FEW_BITS = 20;

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
    PagedMachine few = withMask(FIRMWARES, FEW_BITS);
    DmaMapping mapping = few.boot();
    DeviceSpec device = few.spec.device(FIRMWARES.name());
    for (long at = RESERVED.first(); at <= RESERVED.last(); at += PAGE) {
      assertTrue(few.reaches(device, at, Access.READ, at));
      assertTrue(few.reaches(device, at, Access.WRITE, at));
    }
    assertTrue(few.blocked(device, RESERVED.first() - 1, Access.WRITE));
    assertTrue(few.blocked(device, RESERVED.last() + 1, Access.WRITE));
    Set<Long> expected = new TreeSet<>();
    for (long at = PAGE; at < 1L << FEW_BITS; at += PAGE) {
      if (!RESERVED.contains(at)) {
        expected.add(at);
      }
    }
    assertEquals(expected, allHandedOut(few, mapping, device));
  }

  /** {@return the addresses of all pages that {@code device} is given before there are no more} */
  private static Set<Long> allHandedOut(
      PagedMachine machine, DmaMapping mapping, DeviceSpec device) {
    Set<Long> handedOut = new TreeSet<>();
    while (mapping.map(machine.cpu, device, 0x30_0000L, PAGE, Direction.BIDIRECTIONAL)
        instanceof MapAttempt.Mapped mapped) {
      assertTrue(handedOut.add(mapped.handle().busAddress()), "twice: " + mapped);
    }
    return handedOut;
  }

  /** Each pair of ends: a page too many or too few at either end is seen. */
  @Test
  void ofWhatIsReservedNoPageIsHandedOutAndAllOthersAre() {
    for (AddressRange kept :
        List.of(
            new AddressRange(PAGE, 2 * PAGE - 1),
            AddressRange.parse("0x7000-0x10fff"),
            AddressRange.parse("0xe0000-0xfffff"))) {
      PagedMachine few = withMask(NIC, FEW_BITS);
      DmaMapping mapping = few.boot();
      DeviceSpec device = few.spec.device(NIC.name());
      mapping.reserve(few.cpu, List.of(kept), List.of(device));
      Set<Long> expected = new TreeSet<>();
      for (long at = PAGE; at < 1L << FEW_BITS; at += PAGE) {
        if (!kept.contains(at)) {
          expected.add(at);
        }
      }
      assertEquals(expected, allHandedOut(few, mapping, device), kept.toString());
    }
  }

  /** The unit looks after each store: it must find what is mapped, or nothing. */
  @Test
  void betweenAnyTwoStoresADeviceReachesItsBufferOrNothing() {
    betweenAnyTwoStores(machine, primary);
  }

  /** The same, of {@code watched} that runs {@code mapping}. */
  protected static void betweenAnyTwoStores(PagedMachine watched, DmaMapping mapping) {
    long iova = 0xffff_c000L;
    long page = BUFFER & -PAGE;
    List<Attachment> seen = new ArrayList<>(attachments(watched));
    Runnable look =
        () -> {
          attachments(watched).stream().filter(a -> !seen.contains(a)).forEach(seen::add);
          for (long at = iova - PAGE; at < iova + 4 * PAGE; at += PAGE) {
            boolean asked = at >= iova && at < iova + 3 * PAGE;
            reachedOrBlocked(watched, at, asked ? page + at - iova : at - 1);
          }
          reachedOrBlocked(watched, CRASH.first(), CRASH.first());
          reachedOrBlocked(watched, CRASH.last(), CRASH.last());
        };
    Cpu cpu = new WatchingCpu(watched.cpu, look);
    int before = seen.size();
    MapAttempt attempt = mapping.map(cpu, NIC, page, 3 * PAGE, Direction.BIDIRECTIONAL);
    DmaHandle handle = assertInstanceOf(MapAttempt.Mapped.class, attempt).handle();
    assertEquals(iova, handle.busAddress());
    assertEquals(attachments(watched), seen.subList(before, seen.size()), "half an entry is seen");
    assertTrue(watched.reaches(NIC, iova + 2 * PAGE, Access.WRITE, page + 2 * PAGE));
    mapping.arm(cpu, List.of(CRASH), List.of(NIC));
    assertTrue(watched.reaches(NIC, CRASH.last(), Access.WRITE, CRASH.last()));
    mapping.unmap(cpu, NIC, handle);
    for (long at = iova; at < iova + 3 * PAGE; at += PAGE) {
      assertTrue(watched.blocked(NIC, at, Access.READ), "still there after unmapping");
    }
  }

  private static void reachedOrBlocked(PagedMachine watched, long iova, long place) {
    for (Access access : Access.values()) {
      if (!watched.blocked(NIC, iova, access)) {
        assertEquals(new Outcome.Reached(place), watched.dma(NIC, iova, access));
      }
    }
  }

  /** {@return what the tables in memory say of the card, as they stand} */
  private static List<Attachment> attachments(PagedMachine watched) {
    return watched
        .hardware
        .tables(watched.spec, watched.memory)
        .getFirst()
        .tables()
        .devices()
        .attachments()
        .stream()
        .filter(attachment -> attachment.requester().equals(NIC.requester()))
        .toList();
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
    assertEquals(3 * entryCount, report.cost().entryCount());
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
    assertEquals(
        new ArmReport(new ArmingCost(1, 1, PAGE + Long.BYTES, 0), List.of(), List.of()), report);
  }

  @Test
  void armingAgainWritesNothing() {
    primary.arm(machine.cpu, List.of(CRASH), List.of(DISK));
    long stores = machine.memory.storeCount();
    assertEquals(
        new ArmReport(ArmingCost.NONE, List.of(), List.of()),
        primary.arm(machine.cpu, List.of(CRASH), List.of(DISK)));
    assertEquals(stores, machine.memory.storeCount());
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
    assertEquals(0, report.cost().entryCount());
    assertTrue(report.conflicts().stream().anyMatch(c -> c.iova().overlaps(inside.bus())));
    assertTrue(small.reaches(narrow, inside.busAddress(), Access.READ, inside.buffer()));
  }

  /** {@return one whose first device reaches 16 MiB only} */
  protected final PagedMachine smallMasks() {
    return withMask(DISK, 24);
  }

  /** {@return one on which {@code device} reaches {@code bits} of address only} */
  private PagedMachine withMask(DeviceSpec device, int bits) {
    MachineSpec spec = machine.spec;
    DeviceSpec narrow =
        new DeviceSpec(
            device.name(),
            device.address(),
            Optional.empty(),
            device.kind(),
            bits,
            PagedMachine.UNIT,
            DeviceSpec.Trait.ON_DUMP_PATH);
    List<DeviceSpec> devices = new ArrayList<>(spec.devices());
    devices.set(devices.indexOf(device), narrow);
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
