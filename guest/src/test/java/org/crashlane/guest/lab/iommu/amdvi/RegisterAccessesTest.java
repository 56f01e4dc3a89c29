// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Sighting.RegisterChanged;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.RegistersAccessed;
import org.crashlane.rule.Sighting.Translation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterAccessesTest {
  private static final RegisterId CONTROL = new RegisterId("Control", 0x18);
  private static final RegisterSnapshot BEFORE = registers(0x10cc001, 0x3f48f, 0x13e0);
  private static final String COMMAND =
      "amdvi_command_exec command buffer head at 0x10 command buffer tail at 0x20 command buffer"
          + " base at 0x10ce000";

  @Test
  void accessesOfEitherKindAreOneLineWithEachRegisterOnce() {
    assertEquals(
        List.of(
            new RegistersAccessed(
                false,
                List.of(
                    new RegisterId("DevTabBar", 0),
                    CONTROL,
                    new RegisterId("EFR2", 0x1a0),
                    new RegisterId("CmdTail", 0x2008),
                    new RegisterId("", 0x50)),
                7)),
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
    assertEquals(List.of(), RegisterAccesses.all(List.of(COMMAND, "amdvi_mmio_read")));
  }

  @Test
  void accessInWordsOfAnotherQemuIsShownAndNotPassedOver() {
    String line = "amdvi_mmio_read reg 0x18 is read";
    assertEquals(
        List.of(new Evidence.Quote(Evidence.Source.QEMU_TRACE, line)),
        RegisterAccesses.all(List.of(line)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0x3f48f|ON|IommuEn EventLogEn CmdBufEn GAEn
          0x3f48e|OFF|EventLogEn CmdBufEn GAEn
          0x0|OFF|''
          """)
  void whatControlWasGivenSaysWhatItSwitches(String value, Translation switched, String bits) {
    List<String> set = bits.isEmpty() ? List.of() : List.of(bits.split(" "));
    RegisterValue written = new RegisterValue(Hex.parse(value), set, switched);
    assertEquals(
        List.of(new RegisterWritten(CONTROL, 1, List.of(written), written)),
        RegisterAccesses.writes(
            List.of("amdvi_control_status MMIO_STATUS state " + value), BEFORE, BEFORE));
  }

  @Test
  void otherWritesShowByWhatTheyLeave() {
    assertEquals(
        List.of(
            new RegisterChanged(new RegisterId("DevTabBar", 0), 0x10cc001, 0x3404e001),
            new Amount(Quantity.COMMANDS_RUN, 2)),
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
            new RegisterWritten(
                CONTROL, 6, List.of(enabled(0x1), enabled(0x9), enabled(0x11)), enabled(0x29))),
        RegisterAccesses.writes(traced, BEFORE, BEFORE));
  }

  private static RegisterValue enabled(long raw) {
    return new RegisterValue(raw, List.of("IommuEn"), Translation.ON);
  }

  private static RegisterSnapshot registers(long deviceTable, long control, long commandHead) {
    LinkedHashMap<String, Long> values = new LinkedHashMap<>();
    values.put(Registers.DEV_TAB_BASE.name(), deviceTable);
    values.put(Registers.CONTROL.name(), control);
    values.put(Registers.CMD_HEAD.name(), commandHead);
    return new RegisterSnapshot(true, deviceTable, values, List.of());
  }
}
