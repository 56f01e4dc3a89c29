// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import static org.crashlane.model.mode.paging.PagedMachine.BRIDGE;
import static org.crashlane.model.mode.paging.PagedMachine.CRASH;
import static org.crashlane.model.mode.paging.PagedMachine.DISK;
import static org.crashlane.model.mode.paging.PagedMachine.MODEM;
import static org.crashlane.model.mode.paging.PagedMachine.NIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.mode.paging.PagedMachine;
import org.crashlane.model.mode.paging.PagedMappingContract;
import org.crashlane.model.mode.paging.PagedMappingProperty;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the primary's AMD driver has devices reach. */
class AmdviMappingTest extends PagedMappingContract {

  AmdviMappingTest() {
    super(AmdviMachine.usual());
  }

  @Override
  protected PagedMachine other(MachineSpec spec) {
    return new AmdviMachine(spec);
  }

  @ParameterizedTest(name = "seed {0}, caches absence: {1}")
  @CsvSource({"1, false", "2, true", "3, false", "4, true"})
  void devicesReachWhatIsMappedAndNothingElse(long seed, boolean cachesAbsent) {
    PagedMappingProperty.holds(
        cachesAbsent ? AmdviMachine.cachingAbsent() : AmdviMachine.usual(), seed);
  }

  @Test
  void betweenAnyTwoStoresADeviceReachesItsBufferOrNothingWhereAbsenceIsCached() {
    PagedMachine caching = AmdviMachine.cachingAbsent();
    betweenAnyTwoStores(caching, caching.boot());
  }

  @Test
  void armedRangeIsReachedByItself() {
    armedRangeIsReachedByItself(AmdviMachine.usual(), 1);
  }

  @Test
  void aRightThatWasRememberedAbsentIsThereAfterMapping() {
    AmdviMachine caching = AmdviMachine.cachingAbsent();
    DmaMapping mapping = caching.boot();
    caching.map(mapping, DISK, BUFFER, 1, Direction.TO_DEVICE);
    assertTrue(caching.blocked(DISK, 0xffff_e000L, Access.READ));
    DmaHandle second = caching.map(mapping, DISK, BUFFER, 1, Direction.TO_DEVICE);
    assertTrue(caching.reaches(DISK, second.busAddress(), Access.READ, BUFFER));
  }

  @Test
  void anArmedRangeThatIsNotReservedGivesWayToWhatTheDriverMaps() {
    PagedMachine small = smallMasks();
    DmaMapping mapping = small.boot();
    DeviceSpec narrow = small.spec.devices().getFirst();
    mapping.arm(small.cpu, List.of(CRASH), List.of(narrow));
    assertTrue(small.reaches(narrow, CRASH.first(), Access.WRITE, CRASH.first()));
    List<DmaHandle> handles = small.mapPages(mapping, narrow, 0x30_0000L, 2048);
    DmaHandle inside =
        handles.stream().filter(h -> CRASH.contains(h.bus())).findFirst().orElseThrow();
    // The large leaf is replaced by a table: the buffer is reached, and no other page of the leaf.
    assertTrue(small.reaches(narrow, inside.busAddress(), Access.READ, inside.buffer()));
    for (long at = CRASH.first(); at < CRASH.last(); at += PagedMachine.PAGE) {
      boolean identity = small.reaches(narrow, at, Access.READ, at);
      assertEquals(false, identity, "identity is gone");
    }
  }

  @Test
  void devicesWithoutADomainAreBlocked() {
    assertTrue(machine.blocked(NIC, 0, Access.READ));
    Attachment ofNic =
        machine
            .hardware
            .tables(machine.spec, machine.memory)
            .getFirst()
            .tables()
            .defaultAttachment(NIC.requester());
    assertInstanceOf(Attachment.Blocked.class, ofNic);
  }

  @Test
  void ofAnAliasedDeviceBothEntriesAreSet() {
    machine.map(primary, MODEM, BUFFER, 1, Direction.TO_DEVICE);
    assertEquals(entry(BRIDGE), entry(MODEM.address()));
    assertTrue(DeviceTableEntry.ROOT.isSet(entry(BRIDGE)));
  }

  /** What a unit writes by itself would otherwise change a table or its driver's notes. */
  @Test
  void ringsTablesAndThePageOfCompletionsLieApart() {
    machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    AmdviMachine amd = (AmdviMachine) machine;
    List<AddressRange> apart = new ArrayList<>(amd.logs());
    long commands = amd.read(Registers.CMD_BUF_BASE);
    apart.add(AddressRange.ofSize(Ring.BASE.inPlace(commands), UnitDriver.RING_BYTES));
    apart.add(AddressRange.ofSize(lastCompletion(amd), PagedMachine.PAGE));
    apart.addAll(machine.tablePages());
    assertTrue(apart.size() > 4, apart.toString());
    for (AddressRange one : apart) {
      assertEquals(List.of(one), apart.stream().filter(one::overlaps).toList());
    }
  }

  @Test
  void whatIsInvalidatedIsWaitedFor() {
    AmdviMachine amd = (AmdviMachine) machine;
    DmaHandle handle = machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    primary.unmap(machine.cpu, DISK, handle);
    assertInstanceOf(Command.InvalidatePages.class, command(amd, 2));
    long at = lastCompletion(amd);
    long number = machine.memory.readLong(at);
    primary.unmap(machine.cpu, DISK, machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE));
    assertEquals(number + 1, machine.memory.readLong(at));
  }

  /** {@return the command that the driver gave {@code back} commands ago, 1 for the last} */
  private static Command command(AmdviMachine amd, int back) {
    long ring = Ring.BASE.inPlace(amd.read(Registers.CMD_BUF_BASE));
    long at = ring + amd.read(Registers.CMD_TAIL) - (long) back * Command.BYTES;
    return Command.decode(amd.memory.readLong(at), amd.memory.readLong(at + Long.BYTES));
  }

  private static long lastCompletion(AmdviMachine amd) {
    return assertInstanceOf(Command.CompletionWait.class, command(amd, 1))
        .storeAddress()
        .orElseThrow();
  }

  private long entry(RequesterId id) {
    long table = ((AmdviMachine) machine).deviceTable();
    return machine.memory.readLong(table + (long) id.value() * DeviceTableEntry.BYTES);
  }
}
