// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Satc;
import org.crashlane.acpi.DmarStructure.Sidp;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a DMAR table says, structure by structure; wrong tables are {@link DmarProblemsTest}'s. */
final class DmarTest {
  private static final String ENDPOINT_00_02_0 = "01 08 00 00 00 00 02 00";

  private static DmarStructure only(TableBuilder table) {
    Dmar dmar = table.read();
    assertEquals(List.of(), dmar.problems());
    assertEquals(1, dmar.structures().size());
    return dmar.structures().getFirst();
  }

  @Test
  void headerIsReadFieldByField() {
    Dmar dmar = new TableBuilder().oemRevision(-1).read();
    assertEquals(
        new AcpiHeader(
            "DMAR",
            48,
            1,
            dmar.header().checksumByte(),
            "OEMID ",
            "OEMTABLE",
            0xffff_ffffL,
            "CREA",
            7),
        dmar.header());
    assertEquals(Checksum.RIGHT, dmar.checksum());
    assertEquals(39, dmar.hostAddressWidthBits());
    assertEquals(List.of(), dmar.structures());
    assertEquals(List.of(), dmar.problems());
  }

  @ParameterizedTest
  @CsvSource({
    "0,false,false,false",
    "1,true,false,false",
    "2,false,true,false",
    "4,false,false,true"
  })
  void tableFlagsAreOneBitEach(int flags, boolean remapping, boolean noX2apic, boolean control) {
    Dmar dmar = new TableBuilder().flags(flags).read();
    assertEquals(flags, dmar.flags());
    assertEquals(remapping, dmar.supportsInterruptRemapping());
    assertEquals(noX2apic, dmar.optsOutOfX2apic());
    assertEquals(control, dmar.optsIntoDmaControl());
  }

  @Test
  void allTableFlagsAreNamedInOrder() {
    assertEquals(
        List.of("INTR_REMAP", "X2APIC_OPT_OUT", "DMA_CTRL_PLATFORM_OPT_IN_FLAG"),
        new TableBuilder().flags(0xff).read().flagNames());
  }

  @Test
  void drhdHasSegmentRegistersAndScopes() {
    TableBuilder table =
        new TableBuilder().add("0000 1800 01 00 3412 0010d9fe 01000000 " + ENDPOINT_00_02_0);
    Drhd drhd = (Drhd) only(table);
    assertEquals(new Extent(48, 24), drhd.at());
    assertEquals(0x1234, drhd.segment());
    assertEquals(0x1_fed9_1000L, drhd.registerBase());
    assertTrue(drhd.includesAllPci());
    assertEquals(List.of(drhd), table.read().units());
    assertEquals(List.of(), table.read().reservedRegions());
    DeviceScope scope = drhd.scopes().getFirst();
    assertEquals(new Extent(64, 8), scope.at());
    assertEquals(DeviceScope.Kind.PCI_ENDPOINT, scope.kind());
    assertEquals(Optional.of(RequesterId.of(0, 2, 0)), scope.requester());
  }

  @ParameterizedTest
  @CsvSource({"0,4096", "1,8192", "3,32768", "15,134217728", "16,4096"})
  void drhdRegisterSetSizeIsInItsLowFourBits(int size, long wantedBytes) {
    Drhd drhd = new Drhd(new Extent(48, 16), 0, size, 0, 0, List.of());
    assertEquals(wantedBytes, drhd.registerBytes());
    assertFalse(drhd.includesAllPci());
  }

  @Test
  void rmrrLimitIsTheLastAddress() {
    TableBuilder table =
        new TableBuilder()
            .add("0100 2000 0000 0100 0000007c 00000000 ffff7f80 00000000" + ENDPOINT_00_02_0);
    Rmrr rmrr = (Rmrr) only(table);
    assertEquals(1, rmrr.segment());
    assertEquals(new AddressRange(0x7c00_0000L, 0x807f_ffffL), rmrr.region());
    assertTrue(rmrr.isOrdered());
    assertEquals(1, rmrr.scopes().size());
    assertEquals(List.of(rmrr), table.read().reservedRegions());
    assertEquals(List.of(), table.read().units());
  }

  @Test
  void rmrrMayEndAtTheLastAddressOfAll() {
    Rmrr rmrr =
        (Rmrr)
            only(new TableBuilder().add("0100 1800 0000 0000 00f0ffff ffffffff ffffffff ffffffff"));
    assertEquals(4096, rmrr.region().sizeBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void atsrCoversAllPortsByItsFlag(int flags) {
    Atsr atsr = (Atsr) only(new TableBuilder().add("0200 0800 0%d 00 0200".formatted(flags)));
    assertEquals(flags == 1, atsr.coversAllPorts());
    assertEquals(2, atsr.segment());
    assertEquals(List.of(), atsr.scopes());
  }

  @Test
  void rhsaTiesRegistersToANode() {
    Rhsa rhsa =
        (Rhsa) only(new TableBuilder().add("0300 1400 00000000 00c0ffc7 00000000 ffffffff"));
    assertEquals(0xc7ff_c000L, rhsa.registerBase());
    assertEquals(0xffff_ffffL, rhsa.proximityDomain());
    assertEquals(List.of(), rhsa.scopes());
  }

  @Test
  void anddNameEndsAtTheZeroByte() {
    Andd andd = (Andd) only(new TableBuilder().add("0400 0f00 000000 03 5c5f5342 00 ff00"));
    assertEquals(3, andd.deviceNumber());
    assertEquals("\\_SB", andd.objectName());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void satcRequiresTheCacheByItsFlag(int flags) {
    Satc satc =
        (Satc)
            only(
                new TableBuilder()
                    .add("0500 1000 0%d 00 0300".formatted(flags) + ENDPOINT_00_02_0));
    assertEquals(flags == 1, satc.requiresAtc());
    assertEquals(3, satc.segment());
    assertEquals(1, satc.scopes().size());
  }

  @Test
  void sidpScopesHaveFlags() {
    Sidp sidp = (Sidp) only(new TableBuilder().add("0600 1000 0000 0400 01 08 1f 00 00 00 02 00"));
    assertEquals(4, sidp.segment());
    assertEquals(
        List.of(
            "REQ_WO_PASID_NESTED_NOTALLOWED",
            "REQ_WO_PASID_PWSNP_NOTALLOWED",
            "REQ_WO_PASID_PGSNP_NOTALLOWED",
            "ATC_HARDENED",
            "ATC_REQUIRED"),
        sidp.scopes().getFirst().flagNames());
  }

  @Test
  void structuresAreNamedAndNumberedAsTheSpecificationDoes() {
    List<DmarStructure> structures =
        new TableBuilder()
            .add("0000 1000 00 00 0000 00000000 00000000")
            .add("0100 1800 0000 0000 00000000 00000000 ff0f0000 00000000")
            .add("0200 0800 00 00 0000")
            .add("0300 1400 00000000 00000000 00000000 00000000")
            .add("0400 0900 000000 01 00")
            .add("0500 0800 00 00 0000")
            .add("0600 0800 0000 0000")
            .add("0700 0600 abcd")
            .read()
            .structures();
    assertEquals(
        List.of("DRHD", "RMRR", "ATSR", "RHSA", "ANDD", "SATC", "SIDP", "unknown"),
        structures.stream().map(DmarStructure::name).toList());
    assertEquals(
        List.of(0, 1, 2, 3, 4, 5, 6, 7), structures.stream().map(DmarStructure::type).toList());
    assertEquals(new Unknown(new Extent(141, 6), 7, "abcd"), structures.getLast());
  }

  @ParameterizedTest
  @CsvSource({
    "1,PCI_ENDPOINT",
    "2,PCI_SUB_HIERARCHY",
    "3,IOAPIC",
    "4,MSI_CAPABLE_HPET",
    "5,ACPI_NAMESPACE_DEVICE"
  })
  void scopeTypesAreKnown(int type, DeviceScope.Kind kind) {
    Atsr atsr =
        (Atsr)
            only(
                new TableBuilder()
                    .add("0200 1000 00 00 0000 0%d 08 0000 09 f0 1f 07".formatted(type)));
    DeviceScope scope = atsr.scopes().getFirst();
    assertEquals(kind, scope.kind());
    assertEquals(9, scope.enumerationId());
    assertEquals(0xf0, scope.startBus());
    assertEquals("f0:1f.7", scope.pathText());
  }

  @Test
  void ioApicsAreNamedByTheUnitsTheyAreBehind() {
    byte[] table =
        new TableBuilder()
            .add(
                "0000 2000 00 00 0000 0000d9fe 00000000 03 08 0000 09 f0 1f 07 04 08 0000 00 f0 0f 00")
            .build();
    assertEquals(List.of(RequesterId.parse("f0:1f.7")), Dmar.read("test", table).ioApics());
  }

  @Test
  void pathThroughBridgesHasNoRequesterIdOfItsOwn() {
    Atsr atsr =
        (Atsr) only(new TableBuilder().add("0200 1200 00 00 0000 01 0a 0000 00 40 1c00 0501"));
    DeviceScope scope = atsr.scopes().getFirst();
    assertEquals("40:1c.0/05.1", scope.pathText());
    assertEquals(Optional.empty(), scope.requester());
  }

  @Test
  void severalScopesFollowEachOther() {
    Atsr atsr =
        (Atsr)
            only(
                new TableBuilder()
                    .add("0200 1800 00 00 0000" + ENDPOINT_00_02_0 + "02 08 0000 00 20 03 00"));
    assertEquals(
        List.of("00:02.0", "20:03.0"), atsr.scopes().stream().map(DeviceScope::pathText).toList());
  }

  @Test
  void anotherTableIsRefusedByItsSignature() {
    MalformedInputException e =
        assertThrows(
            MalformedInputException.class, () -> new TableBuilder().signature("IVR\n").read());
    assertEquals("built: at offset 0x0: signature is \"IVR\\x0a\", not \"DMAR\"", e.getMessage());
  }
}
