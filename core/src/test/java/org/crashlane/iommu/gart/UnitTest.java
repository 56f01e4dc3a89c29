// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.Registers.CacheCtl;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One request at a time, on a table whose bytes are written one by one. */
class UnitTest {
  private static final long BASE = 0xc000_0000L;

  private GartFixture machine;

  @BeforeEach
  void mapThreePages() {
    machine = new GartFixture();
    GartFixture.store32(machine.memory, GartFixture.TABLE, 0x3456_7123L);
    GartFixture.store32(machine.memory, GartFixture.TABLE + 4, 0x0100_0003L);
    GartFixture.store32(machine.memory, GartFixture.TABLE + 4 * 16383, 0x0200_0013L);
  }

  private Unit unit(long control) {
    UnitConfig config = GartFixture.withControl(machine.config, control);
    return new Unit(machine.memory, config, machine.cache);
  }

  @ParameterizedTest
  @EnumSource
  void requestInTheApertureGoesWhereItsEntryLeads(Access access) {
    for (long[] pair :
        new long[][] {
          {BASE, 0x12_3456_7000L},
          {BASE + 0xfff, 0x12_3456_7fffL},
          {BASE + 0x1234, 0x0100_0234L},
          {BASE + 0x3ff_ffff, 0x1_0200_0fffL}
        }) {
      Request request = new Request(GartFixture.DEVICE, pair[0], access);
      assertEquals(new Outcome.Reached(pair[1]), machine.unit.translate(request));
      assertEquals(new CpuOutcome.Reached(pair[1]), machine.unit.accessByCpu(pair[0]));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0x0", "0xbfffffff", "0xc4000000", "0x1c0000000", "0xffc0000000", "0x1ffffffffff"})
  void addressOutsideTheApertureStandsForItself(String address) {
    long outside = Hex.parse(address);
    assertEquals(new Outcome.Reached(outside), machine.translate(outside));
    assertEquals(new CpuOutcome.Reached(outside), machine.unit.accessByCpu(outside));
    assertEquals(0, machine.cache.control());
  }

  @Test
  void entryThatIsNotValidBlocksADevice() {
    long iova = BASE + 0x2000;
    Fault expected = new Fault(GartFixture.write(iova), FaultReason.ENTRY_NOT_VALID, true);
    assertEquals(new Outcome.Blocked(expected), machine.translate(iova));
    assertTrue(CacheCtl.GARTPTEERR.isSet(machine.cache.control()));
  }

  @Test
  void entryThatIsNotValidIsAMachineCheckForACpu() {
    long address = BASE + 0x2000;
    CpuOutcome outcome = machine.unit.accessByCpu(address);
    assertEquals(new CpuOutcome.MachineCheck(address, FaultReason.ENTRY_NOT_VALID), outcome);
    assertEquals(
        "machine check at 0xc0002000: extended error code 0x5,"
            + " invalid GART PTE entry during GART table walk",
        outcome.toString());
    assertTrue(CacheCtl.GARTPTEERR.isSet(machine.cache.control()));
  }

  @ParameterizedTest
  @ValueSource(longs = {0xffff_fffeL, 0x3456_7122L})
  void onlyTheValidBitMakesAnEntryValid(long entry) {
    GartFixture.store32(machine.memory, GartFixture.TABLE, entry);
    assertInstanceOf(Outcome.Blocked.class, machine.translate(BASE));
  }

  @ParameterizedTest
  @ValueSource(longs = {0x0100_0001L, 0x0100_0005L, 0x0100_0009L, 0x0100_000fL})
  void coherentAndReservedBitsDoNotChangeWhereItLeads(long entry) {
    GartFixture.store32(machine.memory, GartFixture.TABLE, entry);
    assertEquals(new Outcome.Reached(0x0100_0000L), machine.translate(BASE));
  }

  @Test
  void withoutGartenEverythingPasses() {
    Unit off = unit(ApertureCtl.GARTEN.with(machine.config.apertureControl(), 0));
    assertEquals(new Outcome.Reached(BASE), off.translate(GartFixture.write(BASE)));
    assertEquals(new CpuOutcome.Reached(BASE), off.accessByCpu(BASE));
  }

  @Test
  void unitOfReservedSizeThatIsOffLetsEverythingPass() {
    Unit off = unit(ApertureCtl.SIZE_ORDER.of(7));
    assertEquals(new Outcome.Reached(BASE), off.translate(GartFixture.write(BASE)));
    assertEquals(new CpuOutcome.Reached(BASE), off.accessByCpu(BASE));
  }

  @Test
  void disgartioLetsDevicesPassAndNotCpus() {
    Unit unit = unit(ApertureCtl.DISGARTIO.with(machine.config.apertureControl(), 1));
    assertEquals(new Outcome.Reached(BASE), unit.translate(GartFixture.write(BASE)));
    assertEquals(new CpuOutcome.Reached(0x12_3456_7000L), unit.accessByCpu(BASE));
  }

  @Test
  void disgartcpuLetsCpusPassAndNotDevices() {
    Unit unit = unit(ApertureCtl.DISGARTCPU.with(machine.config.apertureControl(), 1));
    assertEquals(new Outcome.Reached(0x12_3456_7000L), unit.translate(GartFixture.write(BASE)));
    assertEquals(new CpuOutcome.Reached(BASE), unit.accessByCpu(BASE));
  }

  @Test
  void requestInTheInterruptWindowIsAnInterruptEvenInTheAperture() {
    GartFixture wide = new GartFixture(new Aperture(0x8000_0000L, 6));
    wide.tables().unmap(wide.memory, wide.aperture.range());
    assertEquals(new Outcome.Interrupt(), wide.translate(0xfee0_0000L));
    assertInstanceOf(Outcome.Blocked.class, wide.translate(0xfedf_ffffL));
  }

  @Test
  void tableOutsideMemoryBlocksWhereAllMemoryIsKnown() {
    UnitConfig config = UnitConfig.translating(GartFixture.APERTURE, 0xd000_0000L);
    Unit unit = new Unit(machine.memory, config, machine.cache);
    Outcome.Blocked blocked =
        assertInstanceOf(Outcome.Blocked.class, unit.translate(GartFixture.write(BASE)));
    assertEquals(FaultReason.TABLE_ACCESS.code(), blocked.fault().reason());
    assertEquals(
        new CpuOutcome.MachineCheck(BASE, FaultReason.TABLE_ACCESS), unit.accessByCpu(BASE));
  }

  @Test
  void tableOutsideMemoryIsUnknownWhereSomeIsLeftOut() {
    UnitConfig part =
        new UnitConfig(
            machine.config.apertureControl(), machine.config.apertureBase(), 0x00d0_0000L, false);
    Unit unit = new Unit(machine.memory, part, machine.cache);
    Outcome.Unknown unknown =
        assertInstanceOf(Outcome.Unknown.class, unit.translate(GartFixture.write(BASE + 0x5000)));
    assertEquals(0xd000_0010L, unknown.address());
    assertInstanceOf(CpuOutcome.Unknown.class, unit.accessByCpu(BASE));
  }

  /** The proposal's third mode: capture I/O needs no set-up, leftovers stay where they were. */
  @Test
  void crashRangeOutsideTheApertureIsReachedWithoutSetUp() {
    AddressRange crashRange = new AddressRange(0x0300_0000L, 0x0aff_ffffL);
    for (long page = crashRange.first(); page <= crashRange.last(); page += 0x1000) {
      assertEquals(new Outcome.Reached(page), machine.translate(page));
    }
    machine.walk().mappings().forEach(m -> assertFalse(m.physical().overlaps(crashRange)));
  }

  /** The problem with which the thread began that the proposal ends. */
  @Test
  void dumpReadThroughAnApertureOverMemoryIsNotThatMemory() {
    Aperture over = new Aperture(0x2000_0000L, 1);
    SparseMemory memory = SparseMemory.ofSize(1L << 31);
    UnitConfig config = UnitConfig.translating(over, GartFixture.TABLE);
    GartFixture.store32(memory, GartFixture.TABLE, 0x6000_0003L);
    Unit unit = new Unit(memory, config, CacheState.uncached());
    assertEquals(new CpuOutcome.Reached(0x6000_0008L), unit.accessByCpu(0x2000_0008L));
    assertInstanceOf(CpuOutcome.MachineCheck.class, unit.accessByCpu(0x2000_1000L));

    UnitConfig cpuSideOff =
        GartFixture.withControl(config, ApertureCtl.DISGARTCPU.with(config.apertureControl(), 1));
    Unit unmasked = new Unit(memory, cpuSideOff, CacheState.uncached());
    assertEquals(new CpuOutcome.Reached(0x2000_1000L), unmasked.accessByCpu(0x2000_1000L));
  }
}
