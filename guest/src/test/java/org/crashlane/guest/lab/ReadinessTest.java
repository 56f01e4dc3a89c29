// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private static final GuestConfig CONFIG =
      GuestConfig.defaults().withKernels(k -> k.withCrashkernel("32M"));
  private static final Scenario INSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE);

  @Test
  void aRealPrimaryThatWasCrashedWasReady() {
    assertDoesNotThrow(() -> require(Recorded.console("identity-inside")));
  }

  @Test
  void aCaptureKernelThatDoesNotFitIsToldFromOneThatIsRefusedOtherwise() {
    CrashRangeTooSmallException small =
        assertThrows(
            CrashRangeTooSmallException.class,
            () -> require(notLoaded("kexec_file_load failed: Cannot assign requested address")));
    assertEquals(
        "the capture kernel does not load with crashkernel=32M: kexec said: kexec_file_load"
            + " failed: Cannot assign requested address",
        small.reason());
    LabException other =
        assertThrows(
            LabException.class,
            () -> require(notLoaded("kexec_file_load failed: Exec format error")));
    assertFalse(other instanceof CrashRangeTooSmallException);
    assertTrue(other.getMessage().contains("Exec format error"), other.getMessage());
  }

  @Test
  void aCrashRangeThatWasNotReservedIsNoneThatIsTooSmall() {
    List<String> lines = notLoaded("kexec_file_load failed: Cannot assign requested address");
    lines.removeIf(line -> Transcript.has(line, "crash-range"));
    LabException e = assertThrows(LabException.class, () -> require(lines));
    assertFalse(e instanceof CrashRangeTooSmallException);
    assertTrue(e.getMessage().contains("reserved no crash range: crashkernel=32M"));
  }

  @Test
  void aModuleThatWasNotTakenSaysWhy() {
    List<String> lines = new ArrayList<>(Recorded.console("identity-inside"));
    lines.replaceAll(l -> Transcript.has(l, "inside-hand") ? "@crashlane inside-hand 1" : l);
    lines.replaceAll(l -> Transcript.has(l, "hand") ? "@crashlane hand devices=: empty" : l);
    LabException e = assertThrows(LabException.class, () -> require(lines));
    assertTrue(e.getMessage().contains("was not loaded: devices=: empty"), e.getMessage());
  }

  private static List<String> notLoaded(String said) {
    List<String> lines = new ArrayList<>(Recorded.console("identity-inside"));
    lines.replaceAll(line -> Transcript.has(line, "kexec") ? "@crashlane kexec 0" : line);
    lines.add("@crashlane kexec-said " + said);
    return lines;
  }

  private static void require(List<String> console) throws LabException {
    Readiness.require(PrimaryFacts.parse(console), CONFIG, INSIDE, console);
  }
}
