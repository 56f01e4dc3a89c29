// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.vtd.VtdMachine.BASE;
import static org.crashlane.model.mode.vtd.VtdMachine.DISK;
import static org.crashlane.model.mode.vtd.VtdMachine.NIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.spec.Era;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Registers, fault records and caches as software sees them. */
class VtdHardwareTest {
  private static final long ONES = -1L;

  private final VtdMachine machine = VtdMachine.today();
  private final RegisterPort port = machine.cpu.mmio();

  /** What is read after all bits were written as ones, where firmware left the unit off. */
  @ParameterizedTest(name = "{0} at {1}")
  @CsvSource({
    "VER, 0x00, 0x10",
    "GCMD, 0x18, 0",
    "GSTS, 0x1c, 0",
    "FSTS, 0x34, 0",
    "FECTL, 0x38, 0x80000000",
    "PMEN, 0x64, 0",
    "IQT, 0x88, 0",
    "nothing, 0xffc, 0"
  })
  void registersOf32BitsAfterOnesAreWritten(String name, String offset, String expected) {
    port.write32(BASE + Long.decode(offset), 0xffff_ffffL);
    if (!name.equals("GCMD")) {
      assertEquals(Long.decode(expected), port.read32(BASE + Long.decode(offset)), name);
    } else {
      assertEquals(0, port.read(BASE, Registers.GCMD));
      assertEquals(
          Gsts.TES.mask() | Gsts.RTPS.mask(),
          port.read(BASE, Registers.GSTS),
          "no more than it has");
    }
  }

  @ParameterizedTest(name = "{0} at {1}")
  @CsvSource({
    // Base and mode; bits 9:0 are reserved.
    "RTADDR, 0x20, 0xfffffffffffffc00",
    // ICC is done; CIRG reserved value stays; CAIG shows it; FM and SID read as zero.
    "CCMD, 0x28, 0x780000000000ffff",
    "IVA, 0xf0, 0",
    // IVT is done; IIRG, IAIG, DR, DW, DID.
    "IOTLB, 0xf8, 0x3603ffff00000000",
    "FRCD, 0x220, 0",
    "FRCD, 0x228, 0"
  })
  void registersOf64BitsAfterOnesAreWritten(String name, String offset, String expected) {
    port.write64(BASE + Long.decode(offset), ONES);
    assertEquals(
        Long.parseUnsignedLong(expected.replace("0x", ""), 16),
        port.read64(BASE + Long.decode(offset)),
        name);
  }

  @Test
  void halvesOfALongRegisterAreWrittenOneByOne() {
    port.write32(BASE + Registers.RTADDR.offset() + 4, 0x12);
    port.write32(BASE + Registers.RTADDR.offset(), 0x3456_7000L);
    assertEquals(0x12_3456_7000L, port.read(BASE, Registers.RTADDR));
    assertEquals(0x12, port.read32(BASE + Registers.RTADDR.offset() + 4));
  }

  @Test
  void rootTableAddressTakesEffectByCommandOnly() {
    DmaMapping primary = machine.boot();
    DmaHandle handle = machine.map(primary, DISK, 0x30_0000L, 1, Direction.TO_DEVICE);
    port.write(BASE, Registers.RTADDR, 0);
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, 0x30_0000L));
    port.write(BASE, Registers.GCMD, Gsts.TES.mask() | Gsts.RTPS.mask());
    // Nothing was invalidated: what was cached still serves.
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, 0x30_0000L));
    assertTrue(machine.blocked(NIC, handle.busAddress(), Access.READ));
  }

  @Test
  void capabilitiesAreAsDescribed() {
    Capabilities small = UnitDriver.of(machine.cpu, machine.spec).getFirst().capabilities();
    assertEquals(39, small.maximumAddressWidth());
    assertTrue(small.supportsLevels(3));
    assertFalse(small.supportsLevels(4));
    assertTrue(small.supportsLeafAt(3));
    assertTrue(small.passThrough());
    assertFalse(small.cachesAbsent());
    Capabilities wide = new Capabilities(UnitRegisters.cap(48, false, true), 0);
    assertEquals(48, wide.maximumAddressWidth());
    assertTrue(wide.supportsLevels(4));
    assertFalse(wide.supportsLeafAt(2));
    assertTrue(wide.cachesAbsent());
  }

  @Test
  void oneFaultIsRecordedAndMoreAreLostUntilOverflowIsCleared() {
    machine.boot();
    assertTrue(machine.blocked(DISK, 0x5123, Access.READ));
    Request first = new Request(DISK.requester(), 0x5000, Access.READ);
    FaultRecord record =
        new FaultRecord(
            0x5000,
            first.requester(),
            Access.READ,
            FaultReason.CONTEXT_NOT_PRESENT.code(),
            Optional.empty());
    assertEquals(Optional.of(record), recorded());
    assertEquals(Fsts.PPF.mask(), port.read(BASE, Registers.FSTS));
    assertTrue(machine.blocked(NIC, 0, Access.WRITE));
    assertEquals(Fsts.PPF.mask() | Fsts.PFO.mask(), port.read(BASE, Registers.FSTS), "overflow");
    port.write64(BASE + 0x228, FaultRecord.F.mask());
    assertEquals(Fsts.PFO.mask(), port.read(BASE, Registers.FSTS));
    assertTrue(machine.blocked(NIC, 0, Access.WRITE));
    assertEquals(Optional.empty(), recorded(), "not before overflow is cleared");
    port.write(BASE, Registers.FSTS, Fsts.PFO.mask());
    assertTrue(machine.blocked(NIC, 0, Access.WRITE));
    assertEquals(NIC.requester(), recorded().orElseThrow().requester());
    List<Fault> faults = machine.hardware.takeFaults();
    assertEquals(
        List.of(DISK.requester(), NIC.requester()),
        faults.stream().map(fault -> fault.request().requester()).toList());
    assertEquals(List.of(), machine.hardware.takeFaults());
  }

  private Optional<FaultRecord> recorded() {
    return FaultRecord.decode(port.read64(BASE + 0x220), port.read64(BASE + 0x228));
  }

  @Test
  void leafThatIsTakenOutWithoutAnInvalidationIsStale() {
    DmaMapping primary = machine.boot();
    DmaHandle handle = machine.map(primary, DISK, 0x30_0000L, 1, Direction.TO_DEVICE);
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, 0x30_0000L));
    long leaf = leafAddress(handle.busAddress());
    machine.memory.writeLong(leaf, 0);
    assertTrue(machine.reaches(DISK, handle.busAddress(), Access.READ, 0x30_0000L), "stale");
    List<Reason> found =
        machine.hardware.explain(
            machine.memory, new Request(DISK.requester(), handle.busAddress(), Access.READ));
    assertTrue(
        found.contains(
            Reason.of(
                Found.LEVEL,
                new Reason.Count(1),
                new Reason.Because(
                    Reason.of(Found.ENTRY, new Reason.Value(0), new Reason.At(leaf))))),
        found::toString);
    assertEquals(
        Reason.of(
            Found.BY_CACHES,
            new Reason.Because(Reason.of(Found.REACHES, new Reason.Value(0x300000)))),
        found.getLast());
    UnitDriver.of(machine.cpu, machine.spec).getFirst().flushTranslations(machine.cpu);
    assertTrue(machine.blocked(DISK, handle.busAddress(), Access.READ));
  }

  private long leafAddress(long iova) {
    UnitTables tables = machine.hardware.tables(machine.spec, machine.memory).getFirst();
    Attachment.Translated attachment =
        tables.tables().devices().attachments().stream()
            .filter(a -> a.requester().equals(DISK.requester()))
            .map(Attachment.Translated.class::cast)
            .findFirst()
            .orElseThrow();
    long table = attachment.table().root();
    for (int level = attachment.table().levels(); level > 1; level--) {
      long at = SecondLevelEntry.LARGEST.entryAddress(table, iova, level);
      table = tables.tables().nextTable(machine.memory.readLong(at));
    }
    return SecondLevelEntry.LARGEST.entryAddress(table, iova, 1);
  }

  @Test
  void absenceIsCachedWhereTheUnitSaysSo() {
    VtdMachine caching = new VtdMachine(Era.LINUX_6, true, true);
    DmaMapping primary = caching.boot();
    assertTrue(caching.blocked(DISK, 0xffff_f000L, Access.READ));
    DmaHandle handle = caching.map(primary, DISK, 0x30_0000L, 1, Direction.TO_DEVICE);
    assertTrue(caching.reaches(DISK, handle.busAddress(), Access.READ, 0x30_0000L));
    assertTrue(caching.blocked(DISK, handle.busAddress() - 0x1000, Access.READ));
    DmaHandle next = caching.map(primary, DISK, 0x30_1000L, 1, Direction.TO_DEVICE);
    assertTrue(caching.reaches(DISK, next.busAddress(), Access.READ, 0x30_1000L));
  }

  @Test
  void forkHasItsOwnCachesAndRegisters() {
    machine.boot();
    Remapper copy = machine.hardware.fork();
    assertEquals(print(machine.hardware), print(copy));
    copy.mmio(machine.memory).write(BASE, Registers.GCMD, 0);
    assertFalse(copy.isTranslating());
    assertTrue(machine.hardware.isTranslating());
    assertNotEquals(print(machine.hardware), print(copy));
  }

  @Test
  void whatIsCachedIsPartOfTheState() {
    DmaMapping primary = machine.boot();
    DmaHandle handle = machine.map(primary, DISK, 0x30_0000L, 1, Direction.TO_DEVICE);
    long before = print(machine.hardware);
    machine.dma(DISK, handle.busAddress(), Access.READ);
    assertNotEquals(before, print(machine.hardware));
    UnitDriver driver = UnitDriver.of(machine.cpu, machine.spec).getFirst();
    driver.flushContexts(machine.cpu);
    driver.flushTranslations(machine.cpu);
    assertEquals(before, print(machine.hardware));
  }

  private static long print(Remapper remapper) {
    Fingerprint into = new Fingerprint();
    remapper.addTo(into);
    return into.value();
  }

  @Test
  void requesterThatNobodyDescribedIsBehindTheLastUnit() {
    machine.boot();
    RequesterId stranger = RequesterId.of(9, 0, 0);
    Outcome outcome =
        machine.hardware.translate(machine.memory, new Request(stranger, 0, Access.READ));
    assertEquals(FaultReason.ROOT_NOT_PRESENT.code(), ((Outcome.Blocked) outcome).fault().reason());
  }
}
