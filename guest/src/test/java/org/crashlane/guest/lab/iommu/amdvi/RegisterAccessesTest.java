// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.iommu.amdvi.Registers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterAccessesTest {
  private static final RegisterSnapshot BEFORE = registers(0x10cc001, 0x3f48f, 0x13e0);
  private static final String COMMAND =
      "amdvi_command_exec command buffer head at 0x10 command buffer tail at 0x20 command buffer"
          + " base at 0x10ce000";

  @Test
  void accessesOfEitherKindAreOneLineWithEachRegisterOnce() {
    assertEquals(
        Optional.of("accessed DevTabBar, Control, EFR2, CmdTail, register 0x50: 7 times"),
        RegisterAccesses.all(
            List.of(
                "amdvi_mmio_read AMDVI_MMIO_DEVTAB_BASE read addr 0x0, size 4 offset 0x0",
                "amdvi_mmio_read AMDVI_MMIO_DEVTAB_BASE read addr 0x4, size 4 offset 0x0",
                "amdvi_mmio_read AMDVI_MMIO_CONTROL read addr 0x18, size 8 offset 0x18",
                "amdvi_control_status MMIO_STATUS state 0x3f48f",
                "amdvi_mmio_read UNHANDLED read addr 0x1a0, size 8 offset 0x1a0",
                "amdvi_mmio_read AMDVI_MMIO_COMMAND_TAIL read addr 0x2008, size 4 offset 0x2008",
                "amdvi_mmio_read AMDVI_MMIO_COMMAND_TAIL read addr 0x2008, size 4 offset 0x2008",
                "amdvi_mmio_read UNHANDLED read addr 0x50, size 8 offset 0x50")));
    assertEquals(Optional.empty(), RegisterAccesses.all(List.of(COMMAND, "amdvi_mmio_read")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0x3f48f|wrote to Control once: 0x3f48f [IommuEn EventLogEn CmdBufEn GAEn]
          0x3f48e|wrote to Control once: 0x3f48e [EventLogEn CmdBufEn GAEn; IommuEn clear: \
          translation off]
          0x0|wrote to Control once: 0x0 [IommuEn clear: translation off]
          """)
  void whatControlWasGivenSaysWhatItSwitches(String value, String words) {
    assertEquals(
        List.of(words),
        RegisterAccesses.writes(
            List.of("amdvi_control_status MMIO_STATUS state " + value), BEFORE, BEFORE));
  }

  @Test
  void otherWritesShowByWhatTheyLeave() {
    assertEquals(
        List.of("changed DevTabBar from 0x10cc001 to 0x3404e001", "had it run 2 commands"),
        RegisterAccesses.writes(
            List.of(COMMAND, COMMAND), BEFORE, registers(0x3404e001, 0x3f48f, 0x1200)));
  }

  @Test
  void theHostsOwnReadsAreNobodysWrites() {
    assertEquals(List.of(), RegisterAccesses.writes(List.of(), BEFORE, BEFORE));
  }

  @Test
  void manyValuesAreCutShort() {
    List<String> traced = new ArrayList<>();
    for (int value = 0; value < 6; value++) {
      traced.add("amdvi_control_status MMIO_STATUS state 0x" + Integer.toHexString(value * 8 + 1));
    }
    assertEquals(
        List.of(
            "wrote to Control 6 times: 0x1 [IommuEn], 0x9 [IommuEn], 0x11 [IommuEn] ... 0x29"
                + " [IommuEn]"),
        RegisterAccesses.writes(traced, BEFORE, BEFORE));
  }

  private static RegisterSnapshot registers(long deviceTable, long control, long commandHead) {
    LinkedHashMap<String, Long> values = new LinkedHashMap<>();
    values.put(Registers.DEV_TAB_BASE.name(), deviceTable);
    values.put(Registers.CONTROL.name(), control);
    values.put(Registers.CMD_HEAD.name(), commandHead);
    return new RegisterSnapshot(true, deviceTable, values, List.of());
  }
}
