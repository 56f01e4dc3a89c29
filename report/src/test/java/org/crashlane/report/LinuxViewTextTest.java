// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.linux.LinuxView;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** APIC and IORT tables, which name no IOMMU that is judged, and what is said beside them. */
final class LinuxViewTextTest {
  private static AcpiTable table(String signature, String content) {
    byte[] body = HexFormat.of().parseHex(content.replace(" ", ""));
    byte[] table = new byte[36 + body.length];
    for (int i = 0; i < signature.length(); i++) {
      table[i] = (byte) signature.charAt(i);
    }
    table[4] = (byte) table.length;
    System.arraycopy(body, 0, table, 36, body.length);
    byte sum = 0;
    for (byte b : table) {
      sum += b;
    }
    table[9] = (byte) -sum;
    return AcpiTable.read("made", table);
  }

  private static final AcpiTable APIC =
      table(
          "APIC",
          "0000e0fe 01000000 00 08 01 02 01000000 01 0c 08 00 0000c0fe 00000000"
              + "02 0a 00 09 14000000 0f00");

  private static final AcpiTable IORT =
      table(
          "IORT",
          "01000000 30000000 00000000" + "00 1800 01 00000000 00000000 00000000 01000000 07000000");

  @Test
  void withoutATableOfIommusNothingIsSaidOfDma() {
    LinuxView view = new LinuxView(List.of(APIC, IORT));
    assertEquals(
        "What Linux makes of it:\n  processors  1, highest APIC id 2\n", LinuxViewText.of(view));
    ObjectNode json = LinuxViewJson.of(view);
    assertTrue(json.get("translatesDma").isNull());
    assertEquals(2, json.at("/processors/0/apicId").asInt());
  }

  @Test
  void jsonOfEntriesHasFieldsFlagsAndParts() {
    ObjectNode apic = AcpiJson.of(APIC);
    assertEquals("0x2", apic.at("/structures/0/apicId").asString());
    assertEquals("Enabled", apic.at("/structures/0/flagsNames/0").asString());
    assertEquals("Polarity=3", apic.at("/structures/2/flagsNames/0").asString());
    ObjectNode iort = AcpiJson.of(IORT);
    assertEquals("0x7", iort.at("/nodes/0/parts/0/itsId").asString());
  }
}
