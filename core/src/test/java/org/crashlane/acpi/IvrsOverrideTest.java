// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The override is what Linux's table upgrade asks for, and what its AMD driver gives up at. */
final class IvrsOverrideTest {

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.IvrsSamples#all")
  void linuxTakesTheOverrideAndFindsNoUnitInIt(byte[] firmware) {
    byte[] override = IvrsOverride.hiding(firmware);
    DmarOverrideTest.assertLinuxTakes(override, firmware);
    Ivrs hidden = Ivrs.read("override", override);
    Ivrs shown = Ivrs.read("firmware", firmware);
    assertEquals(List.of(), hidden.problems());
    assertEquals(List.of(), hidden.units());
    assertEquals(List.of(), hidden.flagNames());
    assertEquals(List.of(), hidden.memoryDefinitions());
    assertEquals(shown.physicalAddressBits(), hidden.physicalAddressBits());
    assertEquals(shown.virtualAddressBits(), hidden.virtualAddressBits());
    assertEquals(shown.guestVirtualAddressBits(), hidden.guestVirtualAddressBits());
  }

  @Test
  void firstBlockIsNoIvhdSoThatTheDriverGivesUpBeforeItMapsARegister() {
    byte[] override = IvrsOverride.hiding(IvrsSamples.laptop());
    assertEquals(80, override.length);
    IvrsBlock block = Ivrs.read("override", override).blocks().getFirst();
    RequesterId none = new RequesterId(0);
    assertEquals(new Ivmd(new Extent(48, 32), 0x20, 0, none, none, 0, 0, 0), block);
  }

  @Test
  void highestRevisionCannotBeOverridden() {
    byte[] firmware = TableBuilder.ivrs().oemRevision(-1).build();
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> IvrsOverride.hiding(firmware));
    assertEquals(
        "firmware's IVRS table: at offset 0x18: the OEM revision is the highest there is: no table"
            + " can take this one's place",
        e.getMessage());
  }

  @Test
  void otherTablesAreRefused() {
    byte[] dmar = new TableBuilder().build();
    assertThrows(MalformedInputException.class, () -> IvrsOverride.hiding(dmar));
  }
}
