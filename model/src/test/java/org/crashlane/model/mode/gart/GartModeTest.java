// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import static org.crashlane.model.mode.gart.GartFixture.APERTURE;
import static org.crashlane.model.mode.gart.GartFixture.CRASH;
import static org.crashlane.model.mode.gart.GartFixture.HIGH;
import static org.crashlane.model.mode.gart.GartFixture.NARROW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.AuditLimits;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

class GartModeTest {
  private static final long BUFFER = HIGH.first() + 0x3000;
  private static final long TABLE = 0x8_0000;
  private static final long SCRATCH = 0x8_8000;

  private static List<FindingCode> codes(GartFixture machine, AddressRange crash) {
    List<Device> devices =
        machine.machine.devices().stream()
            .map(d ->
                new Device(
                    d.requester(), d.name(), d.onDumpPath() ? DumpRole.NAMED : DumpRole.NONE))
            .toList();
    Machine judged = new Machine(machine.machine.ram(), List.of(crash), devices);
    UnitTables unit = machine.hardware.tables(machine.machine, machine.memory).getFirst();
    Verdict verdict = KdumpIoRule.judge(judged, unit.tables(), AuditLimits.DEFAULT);
    return verdict.findings().stream().map(Finding::code).toList();
  }

  @Test
  void tableBytesAreThoseThatLinuxWrites() {
    GartFixture machine = GartFixture.plain();
    machine.map(machine.boot(), NARROW, BUFFER, 1);
    assertEquals(0, machine.memory.readLong(TABLE + 31 * 4 - 4));
    assertEquals(0x0008_8003_4000_3003L, machine.memory.readLong(TABLE + 32 * 4));
    assertEquals(0x0008_8003_0008_8003L, machine.memory.readLong(TABLE + (8192 - 2) * 4));
    assertEquals(0, machine.memory.readLong(SCRATCH));
    assertEquals(1, machine.read(0, Registers.APERTURECTL));
    assertEquals(1, machine.read(0, Registers.APERTUREBASE));
    assertEquals(0x800, machine.read(0, Registers.TABLEBASE));
  }

  @Test
  void memoryUnderTheApertureIsForNoDriver() {
    ModeSpec.Gart over = new ModeSpec.Gart(1 << 30, 0, 1, true, false);
    GartFixture machine = new GartFixture(Era.LINUX_2_6_27, over);
    assertEquals(
        List.of(AddressRange.ofSize(1 << 30, 32 << 20)), new GartMode().withheld(machine.machine));
  }

  @Test
  void crashRangeOutsideTheApertureHoldsUnarmed() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    assertEquals(List.of(), codes(machine, CRASH));
  }

  @Test
  void leftoverMappingsAreANote() {
    GartFixture machine = GartFixture.plain();
    machine.map(machine.boot(), NARROW, BUFFER, 1);
    assertEquals(List.of(FindingCode.L2), codes(machine, CRASH));
  }

  @Test
  void crashRangeUnderTheApertureIsRefusedByTheRule() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    AddressRange under = AddressRange.ofSize(APERTURE.last() + 1 - 8192, 16384);
    List<FindingCode> codes = codes(machine, under);
    assertTrue(codes.contains(FindingCode.B3), codes.toString());
    assertTrue(codes.contains(FindingCode.A1), codes.toString());
  }

  @Test
  void mappingIntoTheCrashRangeAndTablesInItAreFound() {
    GartFixture machine = GartFixture.plain();
    machine.map(machine.boot(), NARROW, BUFFER, 1);
    AddressRange around = AddressRange.ofSize(BUFFER, 4096);
    assertTrue(codes(machine, around).contains(FindingCode.L1));
    AddressRange tables = AddressRange.ofSize(TABLE, 4096);
    assertTrue(codes(machine, tables).contains(FindingCode.L3));
  }

  @Test
  void devicesAreListedWithTheNorthbridgeTheyAreBehind() {
    GartFixture machine =
        new GartFixture(Era.LINUX_6, new ModeSpec.Gart(APERTURE.first(), 0, 2, true, false));
    machine.boot();
    List<UnitTables> units = machine.hardware.tables(machine.machine, machine.memory);
    assertEquals(List.of("nb0", "nb1"), units.stream().map(UnitTables::unit).toList());
    assertEquals(List.of(NARROW, GartFixture.WIDE), units.get(0).devices());
    assertEquals(List.of(GartFixture.SECOND), units.get(1).devices());
  }

  @Test
  void adoptedTableKeepsTheLeftoversAndMapsBetweenThem() {
    GartFixture machine = GartFixture.plain();
    DmaMapping primary = machine.boot();
    DmaHandle left = machine.map(primary, NARROW, BUFFER, 8192);
    DmaMapping capture =
        new GartMode().capture(Strategy.ADOPT, machine.cpu, machine.machine, machine.crashFrames());
    assertEquals(34, capture.takenPageCount());
    DmaHandle own = machine.map(capture, NARROW, BUFFER + 0x10_0000, 1);
    assertEquals(left.busAddress() + 8192, own.busAddress());
    assertEquals(new Outcome.Reached(BUFFER), machine.request(NARROW, left.busAddress()));
    assertEquals(own.target(), reached(machine.request(NARROW, own.busAddress())));
    capture.unmap(machine.cpu, NARROW, own);
    machine.write(0, Registers.CACHECTL, 1);
    assertEquals(SCRATCH, reached(machine.request(NARROW, own.busAddress())));
  }

  private static long reached(Outcome outcome) {
    return assertInstanceOf(Outcome.Reached.class, outcome).physicalAddress();
  }

  @Test
  void thereIsNothingToAdoptBeforeThePrimarySetItUp() {
    GartFixture machine = GartFixture.plain();
    assertInstanceOf(
        DirectMapping.class,
        new GartMode()
            .capture(Strategy.ADOPT, machine.cpu, machine.machine, machine.crashFrames()));
  }

  @Test
  void offLetsLeftoversPassUntranslated() {
    GartFixture machine =
        new GartFixture(Era.LINUX_6, new ModeSpec.Gart(APERTURE.first(), 0, 2, true, false));
    DmaHandle left = machine.map(machine.boot(), NARROW, BUFFER, 1);
    DmaMapping capture =
        new GartMode().capture(Strategy.OFF, machine.cpu, machine.machine, machine.crashFrames());
    assertInstanceOf(DirectMapping.class, capture);
    assertFalse(machine.hardware.isTranslating());
    assertEquals(left.busAddress(), reached(machine.request(NARROW, left.busAddress())));
    assertEquals(List.of(), codes(machine, CRASH));
  }

  @Test
  void abortLeadsAllLeftoversToAPageInTheCrashRange() {
    GartFixture machine =
        new GartFixture(Era.LINUX_6, new ModeSpec.Gart(APERTURE.first(), 0, 2, true, false));
    DmaHandle left = machine.map(machine.boot(), NARROW, BUFFER, 1);
    machine.request(GartFixture.SECOND, left.busAddress());
    DmaMapping capture =
        new GartMode().capture(Strategy.ABORT, machine.cpu, machine.machine, machine.crashFrames());
    assertInstanceOf(DirectMapping.class, capture);
    assertEquals(CRASH.first(), reached(machine.request(NARROW, left.busAddress())));
    assertEquals(CRASH.first(), reached(machine.request(GartFixture.SECOND, left.busAddress())));
    assertEquals(CRASH.first(), reached(machine.request(NARROW, APERTURE.first())));
    assertEquals(BUFFER, reached(machine.request(NARROW, BUFFER)));
  }

  @Test
  void machineWithoutMemoryForTheTableCannotBe() {
    GartFixture machine = GartFixture.plain();
    PageFrames few = PageFrames.of(List.of(AddressRange.ofSize(0x8_0000, 0x4000)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new GartMode().boot(machine.cpu, machine.machine, few));
  }

  @Test
  void machineHasOneToEightNorthbridges() {
    for (int count : new int[] {0, 9}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new ModeSpec.Gart(APERTURE.first(), 0, count, true, false));
    }
  }
}
