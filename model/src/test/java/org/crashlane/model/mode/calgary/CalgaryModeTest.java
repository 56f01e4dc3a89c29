// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import static org.crashlane.model.mode.calgary.CalgaryMachine.BRIDGE;
import static org.crashlane.model.mode.calgary.CalgaryMachine.CARD;
import static org.crashlane.model.mode.calgary.CalgaryMachine.CRASH;
import static org.crashlane.model.mode.calgary.CalgaryMachine.DISK;
import static org.crashlane.model.mode.calgary.CalgaryMachine.MEM_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.Tar;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CalgaryModeTest {
  private static final long PAGE = 4096;
  private static final long BUFFER = 0x30_0000;

  private final CalgaryMachine machine = new CalgaryMachine();

  private PageFrames captureFrames() {
    return PageFrames.of(List.of(CRASH));
  }

  @ParameterizedTest
  @EnumSource
  void bootingSwitchesOnEveryPhbWithATableAtAMultipleOfItsSize(TableSize size) {
    CalgaryMachine sized = new CalgaryMachine(Chip.CALIOC2, Optional.of(size));
    for (int phb = 0; phb < 2; phb++) {
      TceTable table = Tar.table(sized.registers().tar(phb));
      assertEquals(size, table.size());
      assertTrue(Alignment.isAligned(table.address(), size.bytes()));
      assertFalse(Tar.VALID.isSet(sized.registers().tar(phb)));
      long configRw = sized.registers().read(phb, PhbRegister.CONFIG_RW);
      assertEquals(ConfigRw.enabling(0), configRw);
      for (long at = table.address(); at <= table.memory().last(); at += Long.BYTES) {
        assertEquals(0, sized.memory.readLong(at));
      }
    }
    assertTrue(sized.hardware.isTranslating());
  }

  @Test
  void aTableThatDoesNotFitBelow4GiBIsTold() {
    for (String range : List.of("0x10000-0x27fff", "0x100000000-0x1ffffffff")) {
      PageFrames frames = PageFrames.of(List.of(AddressRange.parse(range)));
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> machine.mode.boot(machine, machine.machine, frames));
      assertTrue(e.getMessage().contains("65,536 bytes"), e.getMessage());
    }
  }

  @Test
  void withoutAWishTheTableCoversMemory() {
    CalgaryMachine own = new CalgaryMachine(Chip.CALGARY, Optional.empty());
    assertEquals(TableSize.KIB_128, Tar.table(own.registers().tar(0)).size());
  }

  @ParameterizedTest
  @CsvSource({"CALGARY, 9ffff, true", "CALGARY, a0000, false", "CALIOC2, 9ffff, false"})
  void theLowRegionIsTheChips(Chip chip, String iova, boolean translated) {
    CalgaryMachine other = new CalgaryMachine(chip, Optional.of(TableSize.KIB_64));
    long at = Long.parseLong(iova, 16);
    assertEquals(translated, other.isBlocked(DISK, at, Access.READ));
  }

  @Test
  void windowsAreNotTranslatedEachBehindItsOwnPhb() {
    assertEquals(
        new Outcome.Reached(MEM_1.first()), machine.translate(DISK, MEM_1.first(), Access.READ));
    assertTrue(machine.isBlocked(CARD, MEM_1.first(), Access.READ));
    assertEquals(
        new Outcome.Reached(BRIDGE.last()), machine.translate(CARD, BRIDGE.last(), Access.READ));
    assertTrue(machine.isBlocked(DISK, BRIDGE.last(), Access.READ));
  }

  @Test
  void aFaultTakesThePhbAwayAtTheNextLookAndThatPhbAlone() {
    DmaHandle disk = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    DmaHandle card = machine.map(CARD, BUFFER, PAGE, Direction.FROM_DEVICE);
    assertTrue(machine.mapping.hasWatchdog());
    machine.mapping.watchdog(machine);
    assertFalse(machine.isBlocked(DISK, disk.busAddress(), Access.WRITE));
    assertTrue(machine.isBlocked(DISK, 0, Access.WRITE));
    assertTrue(Csr.hasError(machine.registers().read(0, PhbRegister.CSR)));
    assertFalse(machine.isBlocked(DISK, disk.busAddress(), Access.WRITE), "not looked yet");
    machine.mapping.watchdog(machine);
    assertTrue(machine.isBlocked(DISK, disk.busAddress(), Access.WRITE));
    assertFalse(machine.isBlocked(CARD, card.busAddress(), Access.WRITE));
    assertEquals(0, machine.registers().read(0, PhbRegister.CSR));
    List<Fault> faults = machine.hardware.takeFaults();
    assertEquals(
        List.of(0L, disk.busAddress()), faults.stream().map(f -> f.request().iova()).toList());
    assertEquals(List.of(), machine.hardware.takeFaults());
  }

  @Test
  void adoptingKeepsWhatIsMappedAndTakesFromTheRest() {
    DmaHandle left = machine.map(DISK, BUFFER, 3 * PAGE, Direction.FROM_DEVICE);
    machine.mapping.arm(machine, List.of(CRASH), List.of(DISK));
    long usedByPrimary = machine.mapping.takenPageCount();
    DmaMapping adopted =
        machine.mode.capture(Strategy.ADOPT, machine, machine.machine, captureFrames());
    assertEquals(usedByPrimary + CRASH.sizeBytes() / PAGE, adopted.takenPageCount());
    MapAttempt.Mapped own =
        assertInstanceOf(
            MapAttempt.Mapped.class,
            adopted.map(machine, DISK, CRASH.first(), PAGE, Direction.FROM_DEVICE));
    assertFalse(own.handle().bus().overlaps(left.bus()));
    assertFalse(own.handle().bus().overlaps(CRASH));
    assertEquals(
        new Outcome.Reached(CRASH.first()),
        machine.translate(DISK, own.handle().busAddress(), Access.WRITE));
    assertEquals(
        new Outcome.Reached(BUFFER), machine.translate(DISK, left.busAddress(), Access.WRITE));
  }

  @Test
  void adoptingDoesNotBringSlotsBackThatTheWatchdogSwitchedOff() {
    machine.translate(DISK, 0, Access.WRITE);
    machine.mapping.watchdog(machine);
    DmaMapping adopted =
        machine.mode.capture(Strategy.ADOPT, machine, machine.machine, captureFrames());
    MapAttempt.Mapped own =
        assertInstanceOf(
            MapAttempt.Mapped.class,
            adopted.map(machine, DISK, CRASH.first(), PAGE, Direction.FROM_DEVICE));
    assertTrue(machine.isBlocked(DISK, own.handle().busAddress(), Access.WRITE));
  }

  @Test
  void switchedOffRequestsPassAsTheyAre() {
    DmaHandle left = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    DmaMapping off = machine.mode.capture(Strategy.OFF, machine, machine.machine, captureFrames());
    assertFalse(machine.hardware.isTranslating());
    assertEquals(
        new Outcome.Reached(left.busAddress()),
        machine.translate(DISK, left.busAddress(), Access.WRITE));
    assertInstanceOf(
        MapAttempt.Mapped.class, off.map(machine, DISK, CRASH.first(), PAGE, Direction.TO_DEVICE));
    assertEquals(0, off.takenPageCount());
  }

  @Test
  void abortingBlocksTheLeftoversAndMapsInATableOfItsOwn() {
    DmaHandle left = machine.map(DISK, BUFFER, 8 * PAGE, Direction.FROM_DEVICE);
    machine.translate(DISK, left.busAddress(), Access.WRITE);
    DmaMapping own =
        machine.mode.capture(Strategy.ABORT, machine, machine.machine, captureFrames());
    assertTrue(CRASH.contains(Tar.table(machine.registers().tar(0)).memory()));
    assertTrue(machine.isBlocked(DISK, left.busAddress(), Access.WRITE));
    MapAttempt.Mapped mapped =
        assertInstanceOf(
            MapAttempt.Mapped.class,
            own.map(machine, DISK, CRASH.first(), PAGE, Direction.FROM_DEVICE));
    assertEquals(
        left.busAddress(), mapped.handle().busAddress(), "a leftover reaches what is mapped there");
    assertEquals(
        new Outcome.Reached(CRASH.first()),
        machine.translate(DISK, left.busAddress(), Access.WRITE));
  }

  @Test
  void withoutRoomForATableAbortingLeavesThePhbOff() {
    PageFrames few = PageFrames.of(List.of(AddressRange.ofSize(CRASH.first(), 64 << 10)));
    DmaMapping own = machine.mode.capture(Strategy.ABORT, machine, machine.machine, few);
    assertInstanceOf(
        MapAttempt.Mapped.class, own.map(machine, DISK, BUFFER, PAGE, Direction.TO_DEVICE));
    assertInstanceOf(
        MapAttempt.Failed.class, own.map(machine, CARD, BUFFER, PAGE, Direction.TO_DEVICE));
    assertTrue(machine.isBlocked(CARD, MEM_1.first(), Access.READ));
    assertFalse(own.arm(machine, List.of(CRASH), List.of(CARD)).isComplete());
    assertEquals(CalgaryMachine.fingerprint(own), CalgaryMachine.fingerprint(own.fork()));
  }

  @Test
  void theRuleIsJudgedPhbByPhb() {
    assertEquals(List.of(FindingCode.A1), judge(0));
    machine.mapping.arm(machine, List.of(CRASH), List.of(DISK));
    assertEquals(List.of(), judge(0));
    List<UnitTables> units = units();
    assertEquals(List.of("0", "1"), units.stream().map(UnitTables::unit).toList());
    assertEquals(List.of(CARD), units.getLast().devices());
    machine.translate(DISK, 0, Access.WRITE);
    machine.mapping.watchdog(machine);
    assertEquals(List.of(FindingCode.A3), judge(0));
  }

  private List<UnitTables> units() {
    return machine.hardware.tables(machine.machine, machine.memory);
  }

  private List<FindingCode> judge(int unit) {
    Machine behind =
        new Machine(
            machine.machine.ram(),
            machine.machine.crashRanges(),
            List.of(new Device(DISK.requester(), DISK.name(), DumpRole.NAMED)));
    return KdumpIoRule.judge(behind, units().get(unit).tables()).findings().stream()
        .map(Finding::code)
        .toList();
  }

  @Test
  void whatIsExplainedIsTheEntryAndWhatTheChipKeeps() {
    DmaHandle handle = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    long before = CalgaryMachine.fingerprint(machine.hardware);
    assertEquals(0x300003, entry(Found.ENTRY, explain(handle.busAddress()).getLast()));
    assertEquals(before, CalgaryMachine.fingerprint(machine.hardware), "it changes nothing");
    machine.translate(DISK, handle.busAddress(), Access.WRITE);
    machine.unmap(DISK, handle);
    List<Reason> stale = explain(handle.busAddress());
    assertEquals(0x300003, entry(Found.CACHED_ENTRY, stale.getLast()));
    assertEquals(0, entry(Found.ENTRY, stale.get(stale.size() - 2)));
    assertEquals(
        Reason.of(Found.NOT_TRANSLATED, new Reason.Value(MEM_1.first())),
        explain(MEM_1.first()).getLast());
    assertEquals(
        Reason.of(Found.BEHIND_TABLE, new Reason.Value(1L << 40)), explain(1L << 40).getLast());
  }

  private static long entry(Found which, Reason reason) {
    assertEquals(which, reason.term());
    List<Reason.Detail> entry = reason.details().reversed();
    long tce = ((Reason.Value) entry.get(2)).value();
    assertEquals(new Reason.LeadsTo(Tce.target(tce)), entry.get(1));
    assertEquals(new Reason.Words(new Word(Tce.LAYOUT.only(Tce.R, Tce.W), tce)), entry.get(0));
    return tce;
  }

  private List<Reason> explain(long iova) {
    return machine.hardware.explain(
        machine.memory, new Request(DISK.requester(), iova, Access.READ));
  }

  @Test
  void hardwareIsCopiedWithWhatItKeepsAndGoesItsOwnWay() {
    DmaHandle handle = machine.map(DISK, BUFFER, PAGE, Direction.FROM_DEVICE);
    machine.translate(DISK, handle.busAddress(), Access.WRITE);
    Remapper fork = machine.hardware.fork();
    assertEquals(CalgaryMachine.fingerprint(machine.hardware), CalgaryMachine.fingerprint(fork));
    machine.unmap(DISK, handle);
    machine.registers().writeTar(0, machine.registers().tar(0));
    assertNotEquals(CalgaryMachine.fingerprint(machine.hardware), CalgaryMachine.fingerprint(fork));
    Request request = new Request(DISK.requester(), handle.busAddress(), Access.WRITE);
    assertEquals(new Outcome.Reached(BUFFER), fork.translate(machine.memory, request));
  }

  /** Each write of a register that decides something shows in the fingerprint. */
  @Test
  void everyRegisterIsState() {
    List<Long> seen = new ArrayList<>();
    seen.add(CalgaryMachine.fingerprint(machine.hardware));
    for (PhbRegister register : PhbRegister.values()) {
      long before = machine.registers().read(1, register);
      machine.registers().write(1, register, 0x1230_0000L);
      boolean written = register.use() == PhbRegister.Use.WRITTEN;
      assertEquals(
          written ? 0x1230_0000L : before, machine.registers().read(1, register), register.name());
      long print = CalgaryMachine.fingerprint(machine.hardware);
      assertEquals(written, !seen.contains(print), register.name());
      seen.add(print);
    }
  }

  @Test
  void whereThereIsNoRegisterAllBitsAreOnes() {
    assertTrue(machine.hardware.hasMmio(CalgaryMachine.REGISTERS));
    assertTrue(machine.hardware.hasMmio(CalgaryMachine.REGISTERS + 0xf_ffff));
    assertFalse(machine.hardware.hasMmio(CalgaryMachine.REGISTERS + 0x10_0000));
    assertEquals(0xffff_ffffL, machine.mmio().read32(CalgaryMachine.REGISTERS + 4));
    assertEquals(-1, machine.mmio().read64(CalgaryMachine.REGISTERS));
    long before = CalgaryMachine.fingerprint(machine.hardware);
    machine.mmio().write32(CalgaryMachine.REGISTERS + 4, 1);
    machine.mmio().write64(CalgaryMachine.REGISTERS, 1);
    assertEquals(before, CalgaryMachine.fingerprint(machine.hardware));
  }

  /** The bytes on the bus, by hand: TAR of PHB 0 at 0x580, big-endian. */
  @Test
  void registersAreBigEndian() {
    long table = Tar.table(machine.registers().tar(0)).address();
    assertEquals(Long.reverseBytes(table), machine.mmio().read64(CalgaryMachine.REGISTERS + 0x580));
    assertEquals(0x00001021L, machine.mmio().read32(CalgaryMachine.REGISTERS + 0x8160));
    assertEquals(0xff00_0000L, machine.mmio().read32(CalgaryMachine.REGISTERS + 0x5870));
  }

  @Test
  void aMachineOfAnotherModeIsTheCallersMistake() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            machine.mode.hardware(
                new MachineSpec(
                    "none",
                    "",
                    machine.machine.era(),
                    machine.machine.ram(),
                    List.of(CRASH),
                    List.of(),
                    new ModeSpec.Nommu())));
  }
}
