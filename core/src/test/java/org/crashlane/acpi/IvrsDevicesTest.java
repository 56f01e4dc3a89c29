// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** What a table means for one device: its IOMMU, its alias, its memory. */
final class IvrsDevicesTest {
  private static final String FIRST =
      "%02x 00 %02x00 0200 4000 0000b8fe 00000000 0000 0000 00000000";
  private static final String SECOND =
      "10 00 %02x00 0240 4000 0000b0b7 00000000 0000 0000 00000000";
  private static final String IMAGE = "00000000 00000000 00000000 00000000";

  private static Ivrs read(String... parts) {
    TableBuilder table = TableBuilder.ivrs();
    for (String part : parts) {
      table.add(part);
    }
    Ivrs ivrs = table.readIvrs();
    assertEquals(List.of(), ivrs.problems());
    return ivrs;
  }

  private static RequesterId id(String text) {
    return RequesterId.parse(text);
  }

  private static String unitOf(Ivrs ivrs, String requester) {
    return ivrs.unitOf(0, id(requester)).map(unit -> unit.device().toString()).orElse("none");
  }

  @Test
  void ofSeveralBlocksOfAUnitTheHighestTypeCounts() {
    Ivrs ivrs =
        read(
            FIRST.formatted(0x10, 28) + "02 0800 00",
            FIRST.formatted(0x40, 44) + IMAGE + "02 1800 00",
            FIRST.formatted(0x11, 44) + IMAGE + "02 1000 00");
    assertEquals(List.of(0x40), ivrs.units().stream().map(Ivhd::type).toList());
    assertEquals("none", unitOf(ivrs, "00:01.0"));
    assertEquals("none", unitOf(ivrs, "00:02.0"));
    assertEquals("00:00.2", unitOf(ivrs, "00:03.0"));
  }

  @Test
  void unitsInOtherSegmentsAreOthers() {
    Ivrs ivrs =
        read(
            FIRST.formatted(0x10, 28) + "01 0000 00",
            "10 00 1c00 0200 4000 0000b0b7 00000000 0100 0000 00000000 02 0800 00");
    assertEquals(2, ivrs.units().size());
    assertEquals(Optional.of(0xb7b0_0000L), ivrs.unitOf(1, id("00:01.0")).map(Ivhd::registerBase));
    assertEquals(Optional.empty(), ivrs.unitOf(1, id("00:02.0")));
    assertEquals(Optional.of(0xfeb8_0000L), ivrs.unitOf(0, id("00:02.0")).map(Ivhd::registerBase));
  }

  @Test
  void devicesBelongToTheUnitWhoseRangeTheyAreIn() {
    Ivrs ivrs =
        read(
            FIRST.formatted(0x10, 32) + "03 0800 00 04 fe3f 00",
            SECOND.formatted(32) + "03 0840 00 04 feff 00");
    assertEquals("none", unitOf(ivrs, "00:00.7"));
    assertEquals("00:00.2", unitOf(ivrs, "00:01.0"));
    assertEquals("00:00.2", unitOf(ivrs, "3f:1f.6"));
    assertEquals("none", unitOf(ivrs, "3f:1f.7"));
    assertEquals("40:00.2", unitOf(ivrs, "40:01.0"));
    assertEquals("40:00.2", unitOf(ivrs, "ff:1f.6"));
  }

  @Test
  void ofTwoUnitsTheLaterServesAndNeitherServesItself() {
    Ivrs ivrs = read(FIRST.formatted(0x10, 28) + "01 0000 00", SECOND.formatted(28) + "02 0800 00");
    assertEquals("40:00.2", unitOf(ivrs, "00:01.0"));
    assertEquals("00:00.2", unitOf(ivrs, "ff:1f.7"));
    assertEquals("none", unitOf(ivrs, "00:00.2"));
    assertEquals("none", unitOf(ivrs, "40:00.2"));
  }

  @Test
  void aliasesAreServedAndKnown() {
    Ivrs ivrs =
        read(FIRST.formatted(0x10, 44) + "42 0010 00 00 a000 00 43 0020 00 00 a400 00 04 ff20 00");
    assertEquals(id("00:14.0"), ivrs.aliasOf(0, id("10:00.0")));
    assertEquals(id("00:14.4"), ivrs.aliasOf(0, id("20:00.0")));
    assertEquals(id("00:14.4"), ivrs.aliasOf(0, id("20:1f.7")));
    assertEquals(id("21:00.0"), ivrs.aliasOf(0, id("21:00.0")));
    assertEquals(id("10:00.0"), ivrs.aliasOf(1, id("10:00.0")));
    assertEquals("00:00.2", unitOf(ivrs, "00:14.0"));
    assertEquals("00:00.2", unitOf(ivrs, "00:14.4"));
    assertEquals("00:00.2", unitOf(ivrs, "20:03.0"));
    assertEquals("none", unitOf(ivrs, "00:14.5"));
  }

  @Test
  void theLastAliasOfADeviceCounts() {
    Ivrs ivrs = read(FIRST.formatted(0x10, 40) + "42 0010 00 00 a000 00 42 0010 00 00 a400 00");
    assertEquals(id("00:14.4"), ivrs.aliasOf(0, id("10:00.0")));
  }

  @Test
  void specialAndAcpiDevicesAreFoundAndServed() {
    Ivrs ivrs =
        read(
            FIRST.formatted(0x40, 78)
                + IMAGE
                + "48 0000 00 00 a000 02 48 0000 d7 20 a100 01"
                + "f0 9900 f7 504e504430303430 0000000000000000 00 00");
    assertEquals(2, ivrs.specialDevices().size());
    assertEquals(Optional.of(id("00:14.1")), ivrs.ioApic(32));
    assertEquals(Optional.empty(), ivrs.ioApic(0));
    assertEquals(Optional.of(id("00:14.0")), ivrs.hpet(0));
    assertEquals("00:00.2", unitOf(ivrs, "00:14.1"));
    assertEquals("00:00.2", unitOf(ivrs, "00:13.1"));
    assertEquals("none", unitOf(ivrs, "00:13.2"));
  }

  @Test
  void memoryIsForAllOrOneOrARangeOfDevices() {
    String rest = "0000 000000000000 00100000 00000000 00100000 00000000";
    Ivrs ivrs =
        read(
            "20 01 2000 0000 0000" + rest,
            "21 08 2000 0003 0000" + rest,
            "22 07 2000 0002 0f02" + rest,
            "20 06 2000 0000 0000" + rest);
    assertEquals(3, ivrs.memoryDefinitions().size());
    assertEquals(List.of(0x20), types(ivrs, "00:01.0"));
    assertEquals(List.of(0x20, 0x21), types(ivrs, "03:00.0"));
    assertEquals(List.of(0x20), types(ivrs, "03:00.1"));
    assertEquals(List.of(0x20, 0x22), types(ivrs, "02:00.0"));
    assertEquals(List.of(0x20, 0x22), types(ivrs, "02:01.7"));
    assertEquals(List.of(0x20), types(ivrs, "02:02.0"));
    assertEquals(List.of(), ivrs.memoryOf(1, id("03:00.0")));
  }

  private static List<Integer> types(Ivrs ivrs, String requester) {
    return ivrs.memoryOf(0, id(requester)).stream().map(Ivmd::type).toList();
  }

  @Test
  void spanDoesNotEndBeforeItBegins() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new DeviceSpan(id("00:02.0"), id("00:01.0"), 0, Optional.empty()));
  }
}
