// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.lab.LabIommus;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LabIommuTest {
  /** What the firmware of QEMU 7.2 gave guests with one disk, interrupt remapping off and on. */
  private static final byte[] IVRS =
      HexFormat.of()
          .parseHex(
              "49565253600000000144424f43485320425850432020202001000000425850430100000000280000"
                  + "000000000000000010d13000080040000000d8fe000000000000000044000000020000000208"
                  + "00000210000002f8000002fa000002fb0000");

  private static final byte[] IVRS_WITH_INTERRUPTS =
      HexFormat.of()
          .parseHex(
              "4956525368000000014b424f43485320425850432020202001000000425850430100000000280000"
                  + "000000000000000010d13800080040000000d8fe000000000000000044000000020000000208"
                  + "00000210000002f8000002fa000002fb00004800000000a00001");

  private static final LabIommu AMD = LabIommus.of(MappingMode.AMDVI);

  @Test
  void theIvrsOverrideTakesThePlaceOfQemusTable() {
    assertEquals("IVRS", AMD.hidingTable().signature());
    assertTrue(AMD.hidingTable().takesThePlaceOf(IVRS));
    assertTrue(AMD.hidingTable().takesThePlaceOf(IVRS_WITH_INTERRUPTS));
  }

  @Test
  void anotherVendorsTableIsNoTableToHide() {
    HidingTable dmar = LabIommus.of(MappingMode.VTD).hidingTable();
    assertThrows(MalformedInputException.class, () -> dmar.takesThePlaceOf(IVRS));
  }

  @Test
  void theIoapicIsKnownWhetherTheTableTellsOfItOrNot() {
    List<RequesterId> southbridge = List.of(RequesterId.parse("00:14.0"));
    assertEquals(southbridge, AMD.ioApics(IVRS));
    assertEquals(southbridge, AMD.ioApics(IVRS_WITH_INTERRUPTS));
  }

  @ParameterizedTest
  @EnumSource(
      value = MappingMode.class,
      names = {"VTD", "AMDVI"})
  void nothingIsSeenInAnEmptyTrace(MappingMode mode) {
    RegisterSnapshot registers = new RegisterSnapshot(true, 0, new LinkedHashMap<>(), List.of());
    Sightings seen = LabIommus.of(mode).sightings(List.of(), registers, registers);
    assertEquals(List.of(), seen.accesses());
    assertEquals(List.of(), seen.writes());
    assertEquals(List.of(), seen.blocked());
  }

  @ParameterizedTest
  @EnumSource(
      value = MappingMode.class,
      names = {"VTD", "AMDVI"})
  void whatNoStockKernelDoesIsRefused(MappingMode mode) {
    for (Strategy strategy : List.of(Strategy.RESERVE, Strategy.ABORT, Strategy.RESET)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> LabIommus.of(mode).captureArguments(strategy));
      assertTrue(e.getMessage().contains(strategy.label()), e.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = MappingMode.class,
      names = {"VTD", "AMDVI"},
      mode = EnumSource.Mode.EXCLUDE)
  void whatQemuHasNotIsRefused(MappingMode mode) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> LabIommus.of(mode));
    assertTrue(e.getMessage().contains(mode.label()), e.getMessage());
  }
}
