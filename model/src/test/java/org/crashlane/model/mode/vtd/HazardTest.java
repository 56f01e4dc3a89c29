// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.vtd.VtdMachine.CRASH;
import static org.crashlane.model.mode.vtd.VtdMachine.DISK;
import static org.crashlane.model.mode.vtd.VtdMachine.GUESTS;
import static org.crashlane.model.mode.vtd.VtdMachine.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.ArmReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong where the armed range is not reserved, by kernel; guests; more than one unit. */
class HazardTest {
  /** Where the first IOVA is handed out, armed here as if it were the crash range. */
  private static final AddressRange TOP = AddressRange.ofSize(0xffff_f000L, PAGE);

  private static final long BUFFER = 0x30_0000L;

  private static VtdMachine armed(Era era, AddressRange range, DmaMapping[] primary) {
    VtdMachine machine = new VtdMachine(wide(VtdMachine.machine(era, true, false)));
    primary[0] = machine.boot();
    assertTrue(primary[0].arm(machine.cpu, List.of(range), List.of(DISK)).isComplete());
    return machine;
  }

  /** With addresses that reach beyond 4 GiB of memory, so that the top can be armed. */
  private static MachineSpec wide(MachineSpec spec) {
    return new MachineSpec(
        spec.name(),
        spec.summary(),
        spec.era(),
        List.of(VtdMachine.RAM, AddressRange.ofSize(0xffe0_0000L, 0x20_0000L)),
        spec.crashRanges(),
        spec.devices(),
        spec.modeSpec());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void entryThatIsThereAlreadyStopsTheOldKernelAndIsLeftByTodays(Era era) {
    DmaMapping[] primary = new DmaMapping[1];
    VtdMachine machine = armed(era, TOP, primary);
    MapAttempt attempt = primary[0].map(machine.cpu, DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    switch (era) {
      case LINUX_2_6_27 ->
          assertEquals(new MapAttempt.Failed(MapAttempt.Why.ENTRY_IN_USE), attempt);
      case LINUX_6 -> {
        DmaHandle handle = ((MapAttempt.Mapped) attempt).handle();
        assertEquals(TOP.first(), handle.busAddress());
        assertTrue(machine.reaches(DISK, TOP.first(), Access.WRITE, TOP.first()));
        primary[0].unmap(machine.cpu, DISK, handle);
        assertTrue(machine.blocked(DISK, TOP.first(), Access.WRITE), "a hole in what was armed");
      }
    }
  }

  @Test
  void largeLeafIsTakenForATableAndWrittenInto() {
    AddressRange large = AddressRange.ofSize(0xffe0_0000L, 0x20_0000L);
    DmaMapping[] primary = new DmaMapping[1];
    VtdMachine machine = armed(Era.LINUX_6, large, primary);
    long written = large.first() + PAGE - Long.BYTES;
    machine.memory.writeLong(written, 0);
    DmaHandle handle = machine.map(primary[0], DISK, BUFFER, 1, Direction.BIDIRECTIONAL);
    assertNotEquals(0, machine.memory.readLong(written), "an entry in the armed range's memory");
    primary[0].unmap(machine.cpu, DISK, handle);
    assertTrue(machine.blocked(DISK, large.first(), Access.READ), "all of the leaf is gone");
  }

  @Test
  void guestsDeviceIsArmedOnlyIfItIsAskedFor() {
    VtdMachine machine = VtdMachine.today();
    DmaMapping primary = machine.boot();
    primary.arm(machine.cpu, List.of(CRASH), List.of(DISK));
    assertTrue(machine.blocked(GUESTS, CRASH.first(), Access.WRITE));
    primary.arm(machine.cpu, List.of(CRASH), List.of(DISK, GUESTS));
    assertTrue(machine.reaches(GUESTS, CRASH.first(), Access.WRITE, CRASH.first()));
  }

  @Test
  void tableThatThereAreNoPagesForIsRefusedAndNothingIsTaken() {
    VtdMachine machine = new VtdMachine(Era.LINUX_6, false, false);
    DmaMapping primary =
        new VtdMode()
            .boot(
                machine.cpu,
                machine.spec,
                PageFrames.of(List.of(AddressRange.ofSize(0x10_0000L, 18 * PAGE))));
    machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    AddressRange all = AddressRange.ofSize(0, 0x100_0000L);
    ArmReport report = primary.arm(machine.cpu, List.of(all), List.of(DISK));
    assertEquals(1, report.refusals().size());
    assertEquals(0, report.cost().tablePageCount());
    assertTrue(machine.blocked(DISK, 0x5000, Access.READ));
  }

  @Test
  void eachUnitHasItsOwnTables() {
    MachineSpec one = VtdMachine.machine(Era.LINUX_6, true, false);
    ModeSpec.Vtd mode = one.spec(ModeSpec.Vtd.class);
    ModeSpec.VtdUnit second = new ModeSpec.VtdUnit("unit1", 0xfed9_1000L, 48, true, true);
    DeviceSpec other =
        new DeviceSpec(
            "other",
            RequesterId.of(0, 12, 0),
            Optional.empty(),
            DISK.kind(),
            64,
            "unit1",
            DeviceSpec.Trait.ON_DUMP_PATH);
    List<DeviceSpec> devices = new ArrayList<>(one.devices());
    devices.add(other);
    VtdMachine machine =
        new VtdMachine(
            new MachineSpec(
                one.name(),
                one.summary(),
                one.era(),
                one.ram(),
                one.crashRanges(),
                devices,
                new ModeSpec.Vtd(
                    mode.hostAddressWidth(),
                    List.of(mode.units().getFirst(), second),
                    mode.reserved(),
                    mode.iovaLimitBits())));
    DmaMapping primary = machine.boot();
    DmaHandle here = machine.map(primary, DISK, BUFFER, 1, Direction.TO_DEVICE);
    DmaHandle there = machine.map(primary, other, BUFFER + PAGE, 1, Direction.TO_DEVICE);
    assertEquals(here.busAddress(), there.busAddress());
    assertTrue(machine.reaches(DISK, here.busAddress(), Access.READ, BUFFER));
    assertTrue(machine.reaches(other, here.busAddress(), Access.READ, BUFFER + PAGE));
    List<UnitTables> tables = machine.hardware.tables(machine.spec, machine.memory);
    assertEquals(List.of("unit0", "unit1"), tables.stream().map(UnitTables::unit).toList());
    assertEquals(List.of(other), tables.getLast().devices());
    List<Reason> found =
        machine.hardware.explain(
            machine.memory, new Request(other.requester(), there.busAddress(), Access.READ));
    assertEquals(Reason.of(Found.UNIT, new Reason.Name("unit1")), found.getFirst());
    assertEquals(new Reason.Name("RTADDR"), found.get(1).details().getFirst());
    assertEquals(Reason.of(Found.REACHES, new Reason.Value(0x301000)), found.getLast());
    assertEquals(new Outcome.Interrupt(), machine.dma(other, 0xfee0_0000L, Access.WRITE));
  }
}
