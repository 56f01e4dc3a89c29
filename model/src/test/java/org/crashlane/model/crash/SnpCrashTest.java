// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Sighting.Touch;
import org.crashlane.rule.Sighting.Touched;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host with SEV-SNP on, whose IOMMU does not let its base registers be changed. */
final class SnpCrashTest {
  private static final int STEPS = 600;

  private static CrashResult crash(String machine, Strategy strategy) {
    CrashPlan plan = CrashPlan.of(BuiltInMachines.find(machine).orElseThrow(), strategy);
    return new Crash(plan, new Background(1)).random(1, STEPS, Trace.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"snp-copy", "snp-reuse"})
  void aCaptureKernelThatLooksAtNoIommuDoesNotNoticeTheLock(String machine) {
    CrashResult result = crash(machine, Strategy.IDENTITY);
    assertTrue(result.seen().dump().gotThrough(), result.failure()::toString);
    assertEquals(List.of(), result.violations().all());
  }

  @Test
  void aCopiedDeviceTableIsNeverReadAndTheDiskTakesThePrimarysCommands() {
    CrashResult result = crash("snp-copy", Strategy.ADOPT);
    assertFalse(result.dumped());
    assertTrue(result.violations().count(Kind.CAPTURE_ASTRAY) > 0);
    assertTrue(Results.tally(result).corruptedByteCount() > 0);
  }

  @Test
  void aReusedDeviceTableGetsADumpThatIsWholeButForWhatTheIommuHasForItself() {
    CrashResult result = crash("snp-reuse", Strategy.ADOPT);
    assertTrue(result.dumped(), result.failure()::toString);
    DumpOutcome.WrittenBut but =
        assertInstanceOf(DumpOutcome.WrittenBut.class, result.seen().dump());
    assertEquals(
        List.of(
            new Changed(Part.DEVICE_TABLE, 1),
            new Changed(Part.COMMAND_BUFFER, 1),
            new Changed(Part.COMPLETION_STORE, 1)),
        but.changed());
    assertEquals(but.written().sizeBytes(), (but.written().comparedPageCount() + 3) * Page.BYTES);
    assertEquals(0, Results.tally(result).corruptedByteCount());
    assertEquals(Grade.GOOD, CrashOutcome.of(result.seen()).grade());
  }

  @Test
  void whatTheLockIgnoresIsSeenAndNothingElseIs() {
    assertTrue(hasIgnoredWrites(crash("snp-copy", Strategy.ADOPT)));
    assertTrue(hasIgnoredWrites(crash("snp-copy", Strategy.ABORT)));
    assertFalse(hasIgnoredWrites(crash("snp-reuse", Strategy.ADOPT)));
    assertFalse(hasIgnoredWrites(crash("snp-copy", Strategy.OFF)));
    assertFalse(hasIgnoredWrites(crash("amdvi", Strategy.ADOPT)));
  }

  private static boolean hasIgnoredWrites(CrashResult result) {
    return result.seen().registerWritesAfterCrash().stream()
        .anyMatch(w -> w instanceof Touched t && t.what() == Touch.WRITES_LOCKED_REGISTER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"snp-copy", "snp-reuse"})
  void aDeviceTableThatBlocksAllIsNotReadEither(String machine) {
    CrashResult result = crash(machine, Strategy.ABORT);
    assertFalse(result.dumped());
    assertTrue(Results.tally(result).leftoverPassedCount() > 0);
    assertEquals(0, Results.tally(result).leftoverBlockedCount());
  }
}
