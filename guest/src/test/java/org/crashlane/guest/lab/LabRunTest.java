// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes a real kernel and looks at what was collected; some 15 seconds without KVM. */
@Tag("lab")
class LabRunTest {
  private static LabParts parts;

  @BeforeAll
  static void getParts() throws IOException {
    parts = TestParts.orSkip();
  }

  @Test
  void identityMappedFromInsideTheDumpIsWritten() throws IOException {
    Scenario scenario = Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE);
    List<Long> tablePages = new ArrayList<>();
    List<Phase> phases = new ArrayList<>();
    LabEvidence evidence;
    try (LabRun run = LabRun.of(parts, GuestConfig.defaults(), scenario)) {
      evidence =
          run.execute(
              guest -> {
                assertFalse(guest.live().qmp().isRunning());
                tablePages.add(guest.live().iommu().registers().read64(0x20));
                guest.alsoCompare(tablePages.getFirst());
              },
              phases::add);
      Observations observations =
          evidence.observations(
              judge(evidence), new Observations.Kernels("", "", "", "", List.of(), ""));

      DumpOutcome.Written dump = assertInstanceOf(DumpOutcome.Written.class, observations.dump());
      assertEquals(evidence.sample().pageCount(), dump.comparedPageCount());
      assertEquals(parts.kernel(LabKernel.ofHost(KernelFlavour.CLOUD)).release(), dump.release());
      assertEquals(List.of(), observations.faultsAfterCrash());
      assertEquals(OptionalInt.of(0), evidence.qemuStatus());
      assertEquals(CaptureEnd.DONE, evidence.captureEnd());
      assertEquals(List.of(Phase.values()), phases);
      assertCaptureKernelWasBlind(evidence, observations);
      assertTrue(Files.exists(evidence.disk().file()));
    }
    assertFalse(Files.exists(evidence.disk().file()));
    assertFalse(Files.exists(evidence.memory()));
  }

  private static void assertCaptureKernelWasBlind(LabEvidence evidence, Observations seen) {
    assertEquals(List.of(), seen.registerWritesAfterCrash());
    assertEquals(List.of(), seen.detection());
    assertTrue(seen.translatingAtEnd());
    assertTrue(evidence.atReady().translating());
    assertEquals(evidence.atReady().rootAddress(), evidence.atEnd().rootAddress());
  }

  private static DumpOutcome judge(LabEvidence evidence) throws IOException {
    return evidence.judged();
  }
}
