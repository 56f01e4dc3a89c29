// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proposal's mode Calgary: without the set-up no dump, with it one. */
final class CalgaryCrashTest {
  private static final int SEEDS = 8;
  private static final int STEPS = 500;

  /** What a machine of a few pages has room for. */
  private static final Workload LITTLE = new Workload(2, -1, false, 4096);

  private static MachineSpec machine(Chip chip, Optional<TableSize> size) {
    AddressRange registers = AddressRange.parse("0xe0000000-0xefffffff");
    ModeSpec.Phb phb = new ModeSpec.Phb("0", Optional.of(registers), List.of());
    return TestMachines.usual(new ModeSpec.Calgary(chip, 0xfe00_0000L, List.of(phb), size), "0");
  }

  private static CrashResult crash(CrashPlan plan) {
    return new Crash(plan, new Background(1)).random(1, STEPS, Trace.NONE);
  }

  private static CrashResult crash(Strategy strategy) {
    return crash(CrashPlan.of(machine(Chip.CALGARY, Optional.empty()), strategy));
  }

  private static List<FindingCode> broken(CrashResult result) {
    return result.tablesAtPanic().findings().stream()
        .map(Finding::code)
        .filter(FindingCode::losesDump)
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void identitySavesTheDumpWheneverItIsSetUp(ArmTiming timing) {
    for (Chip chip : Chip.values()) {
      MachineSpec machine = machine(chip, Optional.empty());
      CrashResult result = crash(CrashPlan.of(machine, Strategy.IDENTITY).withTiming(timing));
      assertAll(
          () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
          () -> assertEquals(List.of(), result.violations().all()),
          () -> assertEquals(List.of(), broken(result)),
          () -> assertTrue(Results.tally(result).leftoverPassedCount() > 0));
    }
  }

  @Test
  void arming128MiBIs32KiEntriesIn256KiBThatAreThereAlready() {
    CrashResult result = crash(Strategy.IDENTITY);
    assertEquals(32 << 10, result.armed().cost().entryCount());
    assertEquals(256 << 10, result.armed().cost().tableBytes());
    assertEquals(0, result.armed().cost().tablePageCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "RESERVE"})
  void withoutIdentityTheBlindCaptureKernelIsBlockedAndTheTablesTellIt(Strategy strategy) {
    CrashResult result = crash(strategy);
    assertFalse(result.dumped());
    assertTrue(Results.captureBlocked(result) > 0);
    assertEquals(List.of(FindingCode.A1), broken(result));
  }

  @Test
  void aTableThatEndsBelowTheCrashRangeCannotBeArmed() {
    MachineSpec machine = machine(Chip.CALGARY, Optional.of(TableSize.MIB_1));
    CrashResult result = crash(CrashPlan.of(machine, Strategy.IDENTITY));
    assertFalse(result.dumped());
    assertEquals(1, result.armed().refusals().size());
    assertTrue(result.armed().refusals().getFirst().toString().contains("LARGER_TABLE"));
    assertTrue(broken(result).contains(FindingCode.B2), result.tablesAtPanic().toString());
  }

  @Test
  void switchingOffLetsLeftoversLooseOnMemory() {
    CrashPlan plan = CrashPlan.of(machine(Chip.CALGARY, Optional.empty()), Strategy.OFF);
    long corrupted = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      CrashResult result = new Crash(plan, new Background(1)).random(seed, STEPS, Trace.NONE);
      assertFalse(result.seen().translatingAtEnd());
      corrupted += Results.tally(result).corruptedByteCount();
    }
    assertTrue(corrupted > 0);
  }

  @Test
  void resettingAndStartingAfreshSavesTheDump() {
    CrashResult result = crash(Strategy.RESET);
    assertTrue(result.seen().dump().gotThrough(), result.failure()::toString);
    assertTrue(result.seen().translatingAtEnd());
    assertEquals(0, Results.tally(result).corruptedByteCount());
  }

  @Test
  void abortingSavesTheDumpAndBlocksLeftovers() {
    CrashResult result = crash(Strategy.ABORT);
    assertTrue(result.seen().dump().gotThrough(), result.failure()::toString);
    assertTrue(Results.tally(result).leftoverBlockedCount() > 0);
  }

  /** It takes entries of the primary's table for its own I/O: they are part of the dump. */
  @Test
  void adoptingGetsADumpThatShowsTheCaptureKernelsOwnEntries() {
    CrashResult result = crash(Strategy.ADOPT);
    assertTrue(result.dumped(), result.failure()::toString);
    assertEquals(0, Results.tally(result).corruptedByteCount());
    assertEquals(0, Results.captureBlocked(result));
    DumpOutcome.WrittenBut but =
        assertInstanceOf(DumpOutcome.WrittenBut.class, result.seen().dump());
    assertEquals(List.of(new Changed(Part.PAGE_TABLE, 1)), but.changed());
  }

  /**
   * The new allocator begins where the primary's began: a device that goes on after it was blocked
   * finds the capture kernel's buffers at the addresses that it was given by the primary.
   */
  @Test
  void abortingHandsOutAgainWhatLeftoversStillUse() {
    CrashResult result = crash(CrashPlan.of(withCardThatGoesOn(), Strategy.ABORT));
    assertTrue(result.violations().count(Violation.Kind.LEFTOVER_IN_CRASH_RANGE) > 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void onAMachineOf160PagesIdentityIsCleanWhateverTheSchedule(boolean stopsOnFault) {
    CrashPlan plan =
        CrashPlan.of(small(card(stopsOnFault)), Strategy.IDENTITY).withWorkload(LITTLE);
    for (long seed = 0; seed < 20; seed++) {
      CrashResult result = new Crash(plan, new Background(seed)).random(seed, STEPS, Trace.NONE);
      assertTrue(result.seen().dump().gotThrough(), "seed " + seed + ": " + result.failure());
      assertEquals(List.of(), result.violations().all(), "seed " + seed);
    }
  }

  private static MachineSpec withCardThatGoesOn() {
    MachineSpec usual = machine(Chip.CALGARY, Optional.empty());
    return new MachineSpec(
        usual.name(),
        usual.summary(),
        usual.era(),
        usual.ram(),
        usual.crashRanges(),
        List.of(card(false), usual.device("disk")),
        usual.modeSpec());
  }

  /** All below the legacy region, the crash range clear of the emergency pages. */
  private static MachineSpec small(DeviceSpec card) {
    ModeSpec.Phb phb = new ModeSpec.Phb("0", Optional.empty(), List.of());
    return new MachineSpec(
        "small",
        "for tests",
        Era.LINUX_2_6_27,
        List.of(AddressRange.parse("0x0-0x9ffff")),
        List.of(AddressRange.parse("0x80000-0x9ffff")),
        List.of(card, TestMachines.device("disk", "01:00.0", DeviceKind.STORAGE, 32, "0", true)),
        new ModeSpec.Calgary(
            Chip.CALGARY, 0xfe00_0000L, List.of(phb), Optional.of(TableSize.KIB_64)));
  }

  private static DeviceSpec card(boolean stopsOnFault) {
    return new DeviceSpec(
            "nic",
            RequesterId.parse("02:00.0"),
            Optional.empty(),
            DeviceKind.RECEIVER,
            32,
            "0",
            DeviceSpec.Trait.RESET_BY_DRIVER)
        .with(DeviceSpec.Trait.STOPS_ON_FAULT, stopsOnFault);
  }
}
