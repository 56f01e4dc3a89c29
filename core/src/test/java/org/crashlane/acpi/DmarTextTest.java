// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.crashlane.Repository;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What people see; {@code -Dgolden.update} rewrites the files of real tables. */
final class DmarTextTest {

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.Samples#names")
  void realTablesReadWithoutProblemsAndPrintAsRecorded(String name) throws IOException {
    Dmar dmar = Dmar.read(name, Samples.bytes(name));
    assertEquals(List.of(), dmar.problems());
    assertEquals(Checksum.RIGHT, dmar.checksum());
    Path golden = Repository.root().resolve("core/src/test/resources/acpi/" + name + ".txt");
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(golden, dmar.describe());
    }
    assertEquals(Files.readString(golden), dmar.describe());
  }

  @Test
  void everyKindOfStructureHasItsLine() {
    byte[] table =
        new TableBuilder()
            .flags(0x80)
            .add("0000 1800 00 01 0000 0010d9fe 00000000 03 08 0000 02 f0 1f 07")
            .add("0100 2200 0000 0000 00300000 00000000 ffff0000 00000000")
            .add("02 0a 0000 00 00 1c00 0501")
            .add("0100 1800 0000 0000 00200000 00000000 ff0f0000 00000000")
            .add("0200 0800 01 00 0000")
            .add("0300 1400 00000000 0010d9fe 00000000 01000000")
            .add("0400 0d00 000000 03 5c225342 00")
            .add("0500 0800 01 00 0000")
            .add("0600 1000 0000 0000 07 08 09 00 00 00 02 00")
            .add("0700 0600 abcd")
            .checksumOff(1)
            .build();
    assertEquals(
        """
        DMAR revision 1, 201 bytes, checksum wrong
        OEM "OEMID ", table "OEMTABLE", revision 0x1; creator "CREA", revision 0x7
        host address width 39 bits; flags 0x80
        0x0030  DRHD    segment 0000, registers at 0xfed91000 (8 KiB)
        0x0040    IOAPIC 2 at f0:1f.7
        0x0048  RMRR    segment 0000, 0x3000-0xffff (52 KiB)
        0x0060    PCI bridge and all behind it at 00:1c.0/05.1
        0x006a  RMRR    segment 0000, 0x2000-0xfff
        0x0082  ATSR    segment 0000, all root ports
        0x008a  RHSA    registers at 0xfed91000, proximity domain 1
        0x009e  ANDD    ACPI device 3 is "\\"SB"
        0x00ab  SATC    segment 0000, translation cache required
        0x00b3  SIDP    segment 0000
        0x00bb    unknown scope type 7 at 00:02.0, flags 0x09 (REQ_WO_PASID_NESTED_NOTALLOWED, ATC_HARDENED)
        0x00c3  unknown type 7, 6 bytes: abcd
        """,
        String.join("\n", describe(table).lines().limit(15).toList()) + "\n");
  }

  @Test
  void regionOfAllMemoryIsSaidSo() {
    byte[] table =
        new TableBuilder().add("0100 1800 0000 0000 00000000 00000000 ffffffff ffffffff").build();
    assertEquals(
        "0x0030  RMRR    segment 0000, 0x0-0xffffffffffffffff (all of memory)",
        describe(table).lines().skip(3).findFirst().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({
    "ffff0000 00000000, 64 KiB",
    "ffffffff ff3f0000, 64 TiB",
    "ffffffff ffff1f00, 8192 TiB"
  })
  void sizesUseTheLargestUnitThatDividesThem(String limit, String size) {
    byte[] table = new TableBuilder().add("0100 1800 0000 0000 00000000 00000000" + limit).build();
    String line = describe(table).lines().skip(3).findFirst().orElseThrow();
    assertTrue(line.endsWith(" (" + size + ")"), line);
  }

  @Test
  void onlyPrintableCharactersArePrinted() {
    assertEquals("\" ~\\x1f\\x7f\\xff\\\"", Quoted.of(" ~\u001f\u007f\u00ff\\"));
  }

  private static String describe(byte[] table) {
    return Dmar.read("built", table).describe();
  }
}
