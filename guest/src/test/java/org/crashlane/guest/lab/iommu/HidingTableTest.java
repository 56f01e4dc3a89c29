// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.crashlane.acpi.Dmar;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.lab.LabIommus;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;

class HidingTableTest {
  private static final HidingTable OVERRIDE = LabIommus.of(MappingMode.VTD).hidingTable();

  /** What the firmware of QEMU 7.2 gave a guest with one disk. */
  private static final byte[] RECORDED =
      HexFormat.of()
          .parseHex(
              "444d4152700000000129424f43485320425850432020202001000000425850430100000026000000"
                  + "000000000000000000004000000000000000d9fe000000000308000000ff0000010800000000"
                  + "000001080000000001000108000000001f000108000000001f020108000000001f03");

  @Test
  void overrideTakesThePlaceOfARecordedTable() {
    assertTrue(OVERRIDE.takesThePlaceOf(RECORDED));
  }

  @Test
  void overrideHasNoUnitAndARightChecksum() {
    Dmar table = Dmar.read("override", OVERRIDE.bytes());
    assertEquals(0, table.units().size());
    int sum = 0;
    for (byte b : OVERRIDE.bytes()) {
      sum += b;
    }
    assertEquals(0, sum % 256);
  }

  @Test
  void anotherMakersTableIsNotOverridden() {
    byte[] foreign = RECORDED.clone();
    int oemIdOffset = 10;
    foreign[oemIdOffset] = 'X';
    assertFalse(OVERRIDE.takesThePlaceOf(foreign));
  }

  @Test
  void noTableIsAClearError() {
    assertThrows(MalformedInputException.class, () -> OVERRIDE.takesThePlaceOf(new byte[0]));
  }
}
