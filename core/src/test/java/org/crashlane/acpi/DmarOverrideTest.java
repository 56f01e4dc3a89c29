// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The override is what Linux's table upgrade asks for (drivers/acpi/tables.c, Linux 6.1). */
final class DmarOverrideTest {

  /** What Linux compares, by offset, independently of the reader. */
  static void assertLinuxTakes(byte[] override, byte[] firmware) {
    ByteBuffer ours = ByteBuffer.wrap(override).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer theirs = ByteBuffer.wrap(firmware).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(override.length, ours.getInt(4), "length is that of the file");
    int sum = 0;
    for (byte b : override) {
      sum += b;
    }
    assertEquals(0, sum & 0xff, "checksum");
    assertEquals(theirs.getInt(0), ours.getInt(0), "signature");
    assertEquals(-1, Arrays.mismatch(slice(override, 10, 24), slice(firmware, 10, 24)), "OEM ids");
    assertTrue(Integer.compareUnsigned(ours.getInt(24), theirs.getInt(24)) > 0, "OEM revision");
  }

  private static byte[] slice(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.Samples#names")
  void linuxTakesTheOverrideOfARealTable(String name) {
    byte[] firmware = Samples.bytes(name);
    byte[] override = DmarOverride.hiding(firmware);
    assertLinuxTakes(override, firmware);
    Dmar hidden = Dmar.read("override", override);
    assertEquals(List.of(), hidden.structures());
    assertEquals(List.of(), hidden.problems());
    assertEquals(0, hidden.flags());
    Dmar shown = Dmar.read(name, firmware);
    assertEquals(shown.hostAddressWidthBits(), hidden.hostAddressWidthBits());
    assertEquals(shown.header().revision(), hidden.header().revision());
    assertEquals(shown.header().creatorId(), hidden.header().creatorId());
    assertEquals(shown.header().creatorRevision(), hidden.header().creatorRevision());
  }

  @Test
  void revisionIsCountedUnsigned() {
    byte[] firmware = new TableBuilder().oemRevision(0x7fff_ffff).build();
    byte[] override = DmarOverride.hiding(firmware);
    assertLinuxTakes(override, firmware);
    assertEquals(0x8000_0000L, Dmar.read("override", override).header().oemRevision());
  }

  @Test
  void highestRevisionCannotBeOverridden() {
    byte[] firmware = new TableBuilder().oemRevision(-1).build();
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> DmarOverride.hiding(firmware));
    assertEquals(24, e.offset());
    assertEquals(
        "firmware's DMAR table: at offset 0x18: the OEM revision is the highest there is: no table"
            + " can take this one's place",
        e.getMessage());
  }

  @Test
  void wrongChecksumOfTheFirmwareIsNotHandedOn() {
    byte[] firmware = new TableBuilder().checksumOff(5).build();
    assertLinuxTakes(DmarOverride.hiding(firmware), firmware);
  }

  @Test
  void otherTablesAreRefused() {
    byte[] facp = new TableBuilder().signature("FACP").build();
    assertThrows(MalformedInputException.class, () -> DmarOverride.hiding(facp));
  }
}
