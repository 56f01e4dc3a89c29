// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivhd.ExtendedFeatures;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an IVRS table says, block by block; wrong tables are {@link IvrsProblemsTest}'s. */
final class IvrsTest {
  /** Type 0x40, 40 bytes without entries. */
  private static final String IVHD_40H =
      "40 b0 %02x00 0200 4000 0000b8fe 00000000 0100 0513 00020400"
          + "da4a2922ef774f00 0700000000000000";

  private static IvrsBlock only(TableBuilder table) {
    Ivrs ivrs = table.readIvrs();
    assertEquals(List.of(), ivrs.problems());
    assertEquals(1, ivrs.blocks().size());
    return ivrs.blocks().getFirst();
  }

  private static IvhdEntry entry(String hex) {
    int bytes = hex.replace(" ", "").length() / 2;
    IvrsBlock block = only(TableBuilder.ivrs().add(IVHD_40H.formatted(40 + bytes)).add(hex));
    assertEquals(1, block.entries().size());
    assertEquals(new Extent(88, bytes), block.entries().getFirst().at());
    return block.entries().getFirst();
  }

  private static RequesterId id(int value) {
    return new RequesterId(value);
  }

  @Test
  void infoHasAddressWidthsAndFlags() {
    Ivrs ivrs = TableBuilder.ivrs().fields("43306000 00000000 00000000").readIvrs();
    assertEquals(48, ivrs.physicalAddressBits());
    assertEquals(64, ivrs.virtualAddressBits());
    assertEquals(OptionalInt.of(48), ivrs.guestVirtualAddressBits());
    assertEquals(List.of("EFRSup", "DmaRemapSup", "HtAtsResv"), ivrs.flagNames());
    assertTrue(ivrs.reportsExtendedFeatures());
    assertTrue(ivrs.supportsDmaRemapping());
    assertTrue(ivrs.reservesHtAtsRange());
    assertEquals(Checksum.RIGHT, ivrs.checksum());
  }

  @Test
  void olderFirmwareGivesNoGuestWidth() {
    Ivrs ivrs = TableBuilder.ivrs().fields("00342000 00000000 00000000").readIvrs();
    assertEquals(52, ivrs.physicalAddressBits());
    assertEquals(OptionalInt.empty(), ivrs.guestVirtualAddressBits());
    assertEquals(List.of(), ivrs.flagNames());
    assertFalse(ivrs.reportsExtendedFeatures());
    assertFalse(ivrs.supportsDmaRemapping());
    assertFalse(ivrs.reservesHtAtsRange());
  }

  @Test
  void oldestBlockReportsFeaturesInThirtyTwoBits() {
    Ivhd ivhd =
        (Ivhd)
            only(
                TableBuilder.ivrs()
                    .add("10 3e 1800 0200 4000 0000b2fe 01000000 0200 0013 6e8f0480"));
    assertEquals(new Extent(48, 24), ivhd.at());
    assertEquals(0x10, ivhd.type());
    assertEquals(id(2), ivhd.device());
    assertEquals(0x40, ivhd.capabilityOffset());
    assertEquals(0x1_feb2_0000L, ivhd.registerBase());
    assertEquals(2, ivhd.segment());
    assertEquals(0x13, ivhd.unitId());
    assertEquals(0, ivhd.msiNumber());
    assertEquals(0x8004_8f6eL, ivhd.features());
    assertEquals(Optional.empty(), ivhd.extended());
    assertEquals(List.of("NXSup", "GTSup", "IASup", "GASup"), ivhd.featureNames());
    assertEquals(OptionalInt.of(6), ivhd.pageTableLevelsMax());
    assertEquals(List.of("PassPW", "ResPassPW", "Isoc", "IotlbSup", "Coherent"), ivhd.flagNames());
  }

  @Test
  void newerBlocksHaveTheExtendedFeatureRegister() {
    Ivhd ivhd = (Ivhd) only(TableBuilder.ivrs().add(IVHD_40H.formatted(40)));
    assertEquals(Optional.of(new ExtendedFeatures(0x4f77_ef22_294a_daL, 7)), ivhd.extended());
    assertEquals(1, ivhd.segment());
    assertEquals(5, ivhd.msiNumber());
    assertEquals(OptionalInt.of(6), ivhd.pageTableLevelsMax());
    assertTrue(ivhd.featureNames().containsAll(List.of("PPRSup", "GASup", "GIoSup", "HASup")));
    assertFalse(ivhd.featureNames().contains("XTSup"));
    assertEquals(List.of("IotlbSup", "Coherent", "PPRSup"), ivhd.flagNames());
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1,4", "400,5", "800,6", "c00,0", "fffffffffffff3ff,4"})
  void hatsGivesTheLevelsUnlessNothingIsReported(String register, int levels) {
    Ivhd ivhd =
        new Ivhd(
            new Extent(48, 40),
            0x11,
            0,
            id(2),
            0x40,
            0,
            0,
            0,
            0,
            Optional.of(new ExtendedFeatures(Long.parseUnsignedLong(register, 16), 0)),
            List.of());
    assertEquals(levels, ivhd.pageTableLevelsMax().orElse(0));
  }

  @Test
  void paddingHasFourOrEightBytes() {
    assertEquals(new IvhdEntry.Pad(new Extent(88, 4), 0), entry("00 1234 56"));
    assertEquals(new IvhdEntry.Pad(new Extent(88, 8), 0x40), entry("40 123456789abcde"));
  }

  @Test
  void shortEntriesHaveADeviceAndASetting() {
    Extent at = new Extent(88, 4);
    assertEquals(new IvhdEntry.All(at, 0xd7), entry("01 0000 d7"));
    IvhdEntry.Select one = (IvhdEntry.Select) entry("02 3412 d7");
    assertEquals(new IvhdEntry.Select(at, id(0x1234), 0xd7), one);
    assertEquals(
        List.of("INITPass", "EIntPass", "NMIPass", "SysMgt", "Lint0Pass", "Lint1Pass"),
        one.settingNames());
  }

  @Test
  void longEntriesHaveAnAliasOrAnExtendedSetting() {
    Extent at = new Extent(88, 8);
    assertEquals(
        new IvhdEntry.AliasSelect(at, id(0x1234), 1, id(0xa4)), entry("42 3412 01 00 a400 00"));
    assertEquals(
        new IvhdEntry.ExtendedSelect(at, id(0x1234), 1, 0x8000_0000L),
        entry("46 3412 01 00000080"));
  }

  @Test
  void rangesAreTwoEntries() {
    IvrsBlock block =
        only(
            TableBuilder.ivrs()
                .add(IVHD_40H.formatted(40 + 32))
                .add("03 0800 00 04 feff 00")
                .add("43 00ff 00 00 a400 00 04 ffff 00")
                .add("47 0001 02 01000000 04 0f01 00"));
    assertEquals(
        List.of(
            new DeviceSpan(id(8), id(0xfffe), 0, Optional.empty()),
            new DeviceSpan(id(0xff00), id(0xffff), 0, Optional.of(id(0xa4))),
            new DeviceSpan(id(0x100), id(0x10f), 2, Optional.empty())),
        ((Ivhd) block).spans());
    assertInstanceOf(IvhdEntry.ExtendedRangeStart.class, block.entries().get(4));
  }

  @ParameterizedTest
  @CsvSource({"1,IOAPIC", "2,HPET"})
  void specialDevicesHaveAHandle(int variety, IvhdEntry.Special.Variety kind) {
    IvhdEntry.Special special =
        (IvhdEntry.Special) entry("48 0000 d7 09 a000 0%d".formatted(variety));
    assertEquals(new IvhdEntry.Special(new Extent(88, 8), 0xd7, 9, id(0xa0), variety), special);
    assertEquals(kind, special.kind());
  }

  @Test
  void acpiDevicesHaveATextOrANumberOrNothingOfTheirOwn() {
    String head = "f0 a500 40 414d444930303230 0000000000000000";
    assertEquals(
        new IvhdEntry.AcpiHid(new Extent(88, 31), id(0xa5), 0x40, "AMDI0020", "", "\\_SB.FUR0"),
        entry(head + "02 09 5c5f53422e46555230"));
    assertEquals(
        new IvhdEntry.AcpiHid(
            new Extent(88, 30), id(0xa5), 0x40, "AMDI0020", "", "18446744073709551615"),
        entry(head + "01 08 ffffffffffffffff"));
    assertEquals(
        new IvhdEntry.AcpiHid(new Extent(88, 22), id(0xa5), 0x40, "AMDI0020", "", ""),
        entry(head + "00 00"));
  }

  @Test
  void memoryDefinitionsHaveARegionAndRights() {
    Ivmd ivmd =
        (Ivmd)
            only(
                TableBuilder.ivrs()
                    .add("22 07 2000 0003 0f03 0100 000000000000")
                    .add("00f03271 00000000 00600200 00000000"));
    assertEquals(Optional.of(new AddressRange(0x7132_f000L, 0x7135_4fffL)), ivmd.region());
    assertTrue(ivmd.isUnity() && ivmd.isReadable() && ivmd.isWritable() && ivmd.hasEffect());
    assertFalse(ivmd.isExclusion());
    assertEquals(List.of("Unity", "IR", "IW"), ivmd.flagNames());
    assertEquals(1, ivmd.segment());
    assertEquals(id(0x30f), ivmd.lastDevice());
  }

  @Test
  void memoryMayEndAtTheLastAddressOfAll() {
    Ivmd ivmd =
        (Ivmd)
            only(
                TableBuilder.ivrs()
                    .add("20 08 2000 0000 0000 0000 000000000000")
                    .add("00f0ffff ffffffff 00100000 00000000"));
    assertTrue(ivmd.isExclusion());
    assertEquals(List.of("ExclusionRange"), ivmd.flagNames());
    assertEquals(4096, ivmd.region().orElseThrow().sizeBytes());
  }

  @Test
  void blocksOfUnknownTypeAreKeptAndSteppedOver() {
    Ivrs ivrs =
        TableBuilder.ivrs().add("51 08 0800 01020304").add(IVHD_40H.formatted(40)).readIvrs();
    assertEquals(List.of(), ivrs.problems());
    assertEquals(
        new IvrsBlock.Unknown(new Extent(48, 8), 0x51, 8, "01020304"), ivrs.blocks().getFirst());
    assertEquals(1, ivrs.units().size());
  }

  @Test
  void tablesAreToldApartByTheirSignature() {
    assertInstanceOf(Dmar.class, AcpiTable.read("a", new TableBuilder().build()));
    assertInstanceOf(Ivrs.class, AcpiTable.read("b", TableBuilder.ivrs().build()));
    byte[] facp = new TableBuilder().signature("FACP").build();
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> AcpiTable.read("c", facp));
    assertEquals(
        "c: at offset 0x0: signature is \"FACP\", expected one of DMAR, IVRS, APIC, IORT",
        e.getMessage());
    assertThrows(MalformedInputException.class, () -> AcpiTable.read("d", new byte[3]));
    assertThrows(MalformedInputException.class, () -> Ivrs.read("e", new TableBuilder().build()));
  }
}
