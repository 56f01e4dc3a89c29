// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.SharedData;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.Registers.TableBase;
import org.junit.jupiter.api.Test;

/** Against what Linux 2.6.32 itself wrote. */
class GartVectorsTest {
  private static final Pattern ENABLE =
      Pattern.compile(
          "gart_enable,table=(\\w+) ctl=(\\w+),base98=([0-9a-f]{8}) ctl90=([0-9a-f]{8}),");

  private static List<String> rows(String kind) throws IOException {
    return Files.readAllLines(SharedData.require("vectors/gart_2.6.32.csv")).stream()
        .filter(line -> line.startsWith(kind + ","))
        .toList();
  }

  @Test
  void entriesAreThoseThatLinuxWrites() throws IOException {
    List<String> rows = rows("gpte");
    for (String row : rows) {
      String[] columns = row.split(",", 4);
      long entry = Hex.parse(columns[2]);
      assertEquals(entry, Gpte.encode(Long.decode(columns[1])), row);
      assertEquals(Hex.parse(columns[3]), Gpte.physicalAddress(entry), row);
    }
    assertFalse(rows.isEmpty(), "no row");
  }

  @Test
  void registersAreThoseThatLinuxWritesToSwitchTheApertureOn() throws IOException {
    List<String> rows = rows("gart_enable");
    assumeFalse(rows.isEmpty(), "no row of this kind");
    for (String row : rows) {
      Matcher columns = ENABLE.matcher(row);
      assertTrue(columns.matches(), row);
      long table = Hex.parse(columns.group(1));
      assertEquals(Hex.parse(columns.group(3)), TableBase.encode(table), row);
      assertEquals(table, TableBase.decode(Hex.parse(columns.group(3))), row);
      long control = Hex.parse(columns.group(2));
      assertEquals(Hex.parse(columns.group(4)), ApertureCtl.enabled(control), row);
    }
  }
}
