// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.lab.GuestConfig.MoreOptions;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Sighting.BlockedInterrupt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Interrupt remapping on: what a capture kernel meets that knows of no IOMMU, what helps, and what
 * the others do. Some five minutes; left out unless asked for (see CONTRIBUTING).
 */
@Tag("lab")
@Tag("long")
class InterruptRemediesTest {
  private static final GuestConfig INTEL =
      GuestConfig.defaults().with(TestHardware.of(1, DiskKind.NVME, true));
  private static final GuestConfig AMD = INTEL.withMapping(MappingMode.AMDVI);
  private static final Scenario ARMED =
      Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.OUTSIDE);

  @Test
  void withoutARemedyInterruptsAreBlockedAndThereIsNoDump() throws IOException {
    Rehearsal rehearsal = StagedCrash.of(AMD, ARMED);

    assertFalse(rehearsal.observations().dump().gotThrough());
    assertEquals(Set.of(FindingCode.C3, FindingCode.D1), StagedCrash.broken(rehearsal));
    List<Evidence> blocked = rehearsal.observations().faultsAfterCrash();
    assertInstanceOf(BlockedInterrupt.class, blocked.getFirst());
    StagedCrash.assertCaptureKernelWasBlind(rehearsal);
  }

  @Test
  void aPrimaryThatRemapsNoInterruptsLetsThemPass() throws IOException {
    StagedCrash.assertHolds(
        StagedCrash.of(AMD.withMore(more(List.of("intremap=off"), List.of())), ARMED));
  }

  @Test
  void preparedEntriesServeWhicheverProcessorCrashed() throws IOException {
    StagedCrash.assertHolds(
        StagedCrash.of(
            AMD.withInterruptsPrepared(true).with(TestHardware.of(2, DiskKind.NVME, true)), ARMED));
  }

  /** Of an AHCI disk: QEMU's NVMe controller may hold its INTx line after a reset. */
  @Test
  void legacyInterruptsOfThe8259PassByTheIommu() throws IOException {
    GuestConfig config =
        AMD.with(TestHardware.of(2, DiskKind.AHCI, true))
            .withMore(more(List.of(), List.of("noapic", "pci=nomsi")));

    Rehearsal rehearsal = StagedCrash.of(config, ARMED);

    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Set.of(FindingCode.C3), StagedCrash.broken(rehearsal));
    assertEquals(List.of(), rehearsal.observations().faultsAfterCrash());
  }

  @Test
  void aCaptureKernelThatAdoptsBothTablesGetsItsInterrupts() throws IOException {
    Rehearsal rehearsal = StagedCrash.of(AMD, Scenario.of(MappingMode.AMDVI, Strategy.ADOPT));

    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Set.of(FindingCode.C1, FindingCode.C2), StagedCrash.broken(rehearsal));
    assertTrue(rehearsal.observations().translatingAtEnd());
  }

  @Test
  void amdIommuOffLeavesTheIommuRunning() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(
            AMD.with(TestHardware.of(1, DiskKind.NVME, false)),
            Scenario.of(MappingMode.AMDVI, Strategy.OFF));

    assertInstanceOf(Missing.class, rehearsal.observations().dump());
    assertEquals(Set.of(FindingCode.A1, FindingCode.D1), StagedCrash.broken(rehearsal));
    StagedCrash.assertCaptureKernelWasBlind(rehearsal);
  }

  @Test
  void qemusIntelIommuIsLaxerThanHardwareAndTheFindingSaysSo() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(INTEL, Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE));

    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Set.of(FindingCode.C3), StagedCrash.broken(rehearsal));
    assertTrue(
        rehearsal.verdict().findings().stream()
            .anyMatch(f -> f.evidence().contains(Fact.EMULATOR_LETS_COMPATIBILITY_PASS)));
  }

  private static MoreOptions more(List<String> primary, List<String> capture) {
    return new MoreOptions(List.of(), primary, capture, List.of());
  }
}
