// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import static org.crashlane.model.mode.gart.GartFixture.APERTURE;
import static org.crashlane.model.mode.gart.GartFixture.HIGH;
import static org.crashlane.model.mode.gart.GartFixture.NARROW;
import static org.crashlane.model.mode.gart.GartFixture.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.model.hardware.CpuAccess;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.ModeSpec;
import org.junit.jupiter.api.Test;

class GartHardwareTest {
  private static final ModeSpec.Gart TWO = new ModeSpec.Gart(APERTURE.first(), 0, 2, true, false);
  private static final long BUFFER = HIGH.first() + 0x3000;
  private static final long TABLE = 0x8_0000;

  /** VALID and COHERENT. */
  private static final long FLAGS = 3;

  private static void entry(GartFixture machine, int index, long target) {
    machine.memory.writeLong(TABLE + index * 4L, target | FLAGS);
  }

  @Test
  void apertureIsOffAfterReset() {
    GartFixture machine = GartFixture.plain();
    assertFalse(machine.hardware.isTranslating());
    assertEquals(List.of(), machine.hardware.inTheWayOfCpus());
    assertEquals(new Outcome.Reached(APERTURE.first()), machine.request(NARROW, APERTURE.first()));
  }

  @Test
  void registersKeepWhatTheirFieldsHold() {
    GartFixture machine = GartFixture.plain();
    machine.write(0, Registers.APERTUREBASE, 0xffff_ffffL);
    machine.write(0, Registers.TABLEBASE, 0xffff_ffffL);
    assertEquals(0x7fff, machine.read(0, Registers.APERTUREBASE));
    assertEquals(0xffff_fff0L, machine.read(0, Registers.TABLEBASE));
  }

  @Test
  void invalidationClearsItself() {
    GartFixture machine = GartFixture.plain();
    machine.write(0, Registers.CACHECTL, 1);
    assertEquals(0, machine.read(0, Registers.CACHECTL));
  }

  @Test
  void registersOfOthersReadAsOnes() {
    GartFixture machine = GartFixture.plain();
    assertEquals(0xffff_ffffL, machine.read(0, Registers.CACHECTL.movedBy(Integer.BYTES)));
    assertEquals(0xffff_ffffL, machine.read(1, Registers.APERTURECTL));
    machine.write(1, Registers.APERTURECTL, 1);
    assertFalse(machine.hardware.isTranslating());
    assertTrue(machine.hardware.hasConfig(GartFixture.register(0, Registers.CACHECTL)));
    assertFalse(machine.hardware.hasConfig(GartFixture.register(1, Registers.CACHECTL)));
  }

  @Test
  void registersOfSixtyFourBitsAreTwoOfThirtyTwo() {
    GartFixture machine = GartFixture.plain();
    machine.cpu.config().write64(GartFixture.register(0, Registers.APERTURECTL), 0x1_0000_0002L);
    assertEquals(2, machine.read(0, Registers.APERTURECTL));
    assertEquals(1, machine.read(0, Registers.APERTUREBASE));
    assertEquals(
        0x1_0000_0002L,
        machine.cpu.config().read64(GartFixture.register(0, Registers.APERTURECTL)));
  }

  @Test
  void reservedSizeTranslatesNothing() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    machine.write(0, Registers.APERTURECTL, 0xf);
    assertEquals(0xf, machine.read(0, Registers.APERTURECTL));
    assertFalse(machine.hardware.isTranslating());
    assertEquals(
        GartFixture.fingerprint(machine.hardware),
        GartFixture.fingerprint(machine.hardware.fork()));
  }

  @Test
  void requestsOutsideTheApertureGoWhereTheySay() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    for (long iova : new long[] {0, APERTURE.first() - 1, APERTURE.last() + 1, 1L << 45}) {
      assertEquals(new Outcome.Reached(iova), machine.request(NARROW, iova));
    }
    assertEquals(new Outcome.Interrupt(), machine.request(NARROW, InterruptWindow.RANGE.first()));
  }

  @Test
  void requestsInsideGoWhereTheEntryLeads() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    entry(machine, 64, BUFFER);
    assertEquals(
        new Outcome.Reached(BUFFER + 0x123),
        machine.request(NARROW, APERTURE.first() + 64 * 4096 + 0x123));
  }

  @Test
  void staleEntryServesUntilTheCacheIsInvalidated() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 100);
    assertEquals(new Outcome.Reached(BUFFER), machine.request(NARROW, handle.busAddress()));
    mapping.unmap(machine.cpu, NARROW, handle);
    assertEquals(new Outcome.Reached(BUFFER), machine.request(NARROW, handle.busAddress()));
    List<Reason> found =
        machine.hardware.explain(
            machine.memory, new Request(NARROW.requester(), handle.busAddress(), Access.READ));
    assertEquals(Found.CACHED_ENTRY, found.getLast().term());
    assertEquals(new Reason.Value(0x40003003), found.getLast().details().getFirst());
    machine.write(0, Registers.CACHECTL, 1);
    assertNotEquals(new Outcome.Reached(BUFFER), machine.request(NARROW, handle.busAddress()));
  }

  @Test
  void invalidatingOneNorthbridgeLeavesTheOthersStale() {
    GartFixture machine = new GartFixture(Era.LINUX_6, TWO);
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 100);
    machine.request(NARROW, handle.busAddress());
    machine.request(SECOND, handle.busAddress());
    mapping.unmap(machine.cpu, NARROW, handle);
    machine.write(0, Registers.CACHECTL, 1);
    assertNotEquals(new Outcome.Reached(BUFFER), machine.request(NARROW, handle.busAddress()));
    assertEquals(new Outcome.Reached(BUFFER), machine.request(SECOND, handle.busAddress()));
    machine.write(1, Registers.CACHECTL, 1);
    assertNotEquals(new Outcome.Reached(BUFFER), machine.request(SECOND, handle.busAddress()));
  }

  @Test
  void entryThatIsNotValidBlocksAndTheFirstFaultIsKept() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    assertInstanceOf(Outcome.Blocked.class, machine.request(NARROW, APERTURE.first()));
    assertInstanceOf(Outcome.Blocked.class, machine.request(NARROW, APERTURE.first() + 4096));
    assertEquals(2, machine.read(0, Registers.CACHECTL));
    assertEquals(
        List.of(APERTURE.first()),
        machine.hardware.takeFaults().stream().map(fault -> fault.request().iova()).toList());
    assertEquals(List.of(), machine.hardware.takeFaults());
  }

  @Test
  void cpuGoesThroughTheTableToo() {
    GartFixture machine = GartFixture.plain();
    machine.boot();
    entry(machine, 64, BUFFER);
    long over = APERTURE.first() + 64 * 4096 + 8;
    assertEquals(
        new CpuAccess.Reached(BUFFER + 8), machine.hardware.accessByCpu(machine.memory, over));
    assertInstanceOf(
        CpuAccess.MachineCheck.class,
        machine.hardware.accessByCpu(machine.memory, APERTURE.first()));
    assertEquals(
        new CpuAccess.Reached(BUFFER), machine.hardware.accessByCpu(machine.memory, BUFFER));
    assertEquals(List.of(APERTURE), machine.hardware.inTheWayOfCpus());
  }

  @Test
  void cpuSideOffLetsCpusReachTheMemoryUnderTheAperture() {
    GartFixture machine =
        new GartFixture(Era.LINUX_2_6_27, new ModeSpec.Gart(APERTURE.first(), 0, 1, false, false));
    machine.boot();
    assertEquals(List.of(), machine.hardware.inTheWayOfCpus());
    assertEquals(
        new CpuAccess.Reached(APERTURE.first()),
        machine.hardware.accessByCpu(machine.memory, APERTURE.first()));
    assertTrue(machine.hardware.isTranslating());
  }

  @Test
  void forkIsTheSameStateAndChangesByItself() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 100);
    Remapper fork = machine.hardware.fork();
    assertEquals(GartFixture.fingerprint(machine.hardware), GartFixture.fingerprint(fork));
    machine.request(NARROW, handle.busAddress());
    assertNotEquals(GartFixture.fingerprint(machine.hardware), GartFixture.fingerprint(fork));
    fork.translate(
        machine.memory, new Request(NARROW.requester(), handle.busAddress(), Access.WRITE));
    assertEquals(GartFixture.fingerprint(machine.hardware), GartFixture.fingerprint(fork));
  }
}
