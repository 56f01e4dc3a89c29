// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The proposal's third mode: no set-up is needed, as long as the aperture lies over no memory. */
final class GartCrashTest {
  private static final int STEPS = 500;
  private static final Background NOISE = new Background(1);
  private static final AddressRange BELOW = AddressRange.parse("0x0-0x1fffffff");
  private static final AddressRange ABOVE = AddressRange.parse("0x100000000-0x107ffffff");
  private static final long IN_THE_HOLE = 0x4000_0000;
  private static final long OVER_MEMORY = 0x400_0000;

  /** Two northbridges; memory above 4 GiB, which the card does not reach. */
  private static MachineSpec machine(long apertureBase, boolean translatesCpus) {
    return new MachineSpec(
        "opteron",
        "for tests",
        Era.LINUX_2_6_27,
        List.of(BELOW, ABOVE),
        List.of(AddressRange.parse("0x10000000-0x17ffffff")),
        List.of(
            TestMachines.device("nic", "02:00.0", DeviceKind.RECEIVER, 32, "nb1", false),
            TestMachines.device("disk", "01:00.0", DeviceKind.STORAGE, 64, "nb0", true)),
        new ModeSpec.Gart(apertureBase, 0, 2, translatesCpus, false));
  }

  private static CrashResult crash(CrashPlan plan) {
    return new Crash(plan, NOISE).random(1, STEPS, Trace.NONE);
  }

  private static CrashResult crash(MachineSpec machine, Strategy strategy) {
    return crash(CrashPlan.of(machine, strategy));
  }

  @ParameterizedTest
  @EnumSource(
      value = Strategy.class,
      names = {"NONE", "RESERVE", "IDENTITY", "RESET"})
  void blindCaptureKernelGetsItsDumpAndNothingGoesAstray(Strategy strategy) {
    CrashResult result = crash(machine(IN_THE_HOLE, true), strategy);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()),
        () -> assertEquals(ArmReport.NOTHING_NEEDED, result.armed()),
        () ->
            assertTrue(
                Results.tally(result).leftoverPassedCount() > 0 || strategy == Strategy.RESET));
  }

  @Test
  void adoptedTableLetsLeftoversGoOnAndTheDumpThrough() {
    CrashResult result = crash(machine(IN_THE_HOLE, true), Strategy.ADOPT);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(0, result.violations().count(Kind.LEFTOVER_ASTRAY)),
        () -> assertTrue(result.violations().count(Kind.IOMMU_TOUCHED) > 0));
  }

  @Test
  void switchedOffLeftoversGoWhereTheirAddressesSay() {
    CrashResult result = crash(machine(IN_THE_HOLE, true), Strategy.OFF);
    assertTrue(result.violations().count(Kind.LEFTOVER_ASTRAY) > 0);
  }

  @Test
  void abortLeadsLeftoversIntoTheCrashRangeAndSpoilsTheTableInTheDump() {
    CrashResult result = crash(machine(IN_THE_HOLE, true), Strategy.ABORT);
    assertAll(
        () -> assertTrue(result.violations().count(Kind.LEFTOVER_IN_CRASH_RANGE) > 0),
        () -> assertTrue(result.violations().count(Kind.DUMP_DIFFERS) > 0));
  }

  @Test
  void readingTheDumpThroughAnApertureOverMemoryIsAMachineCheck() {
    CrashResult result = crash(machine(OVER_MEMORY, true), Strategy.IDENTITY);
    assertAll(
        () -> assertFalse(result.dumped()),
        () ->
            assertTrue(
                result.failure().toString().contains("MACHINE_CHECK"), result.failure()::toString),
        () -> assertEquals(1, result.violations().count(Kind.READ_THROUGH_APERTURE)));
  }

  @Test
  void dumpThatLeavesTheApertureOutIsRight() {
    MachineSpec machine = machine(OVER_MEMORY, true);
    AddressRange aperture = AddressRange.ofSize(OVER_MEMORY, 32 << 20);
    CrashResult result =
        crash(CrashPlan.of(machine, Strategy.IDENTITY).withLeftOut(List.of(aperture)));
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()));
  }

  @Test
  void dumpWithTheCpuSideOffIsRight() {
    CrashResult result = crash(machine(OVER_MEMORY, false), Strategy.IDENTITY);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()));
  }

  @Test
  void overMemorySwitchedOffLeftoversCorruptIt() {
    CrashResult result = crash(machine(OVER_MEMORY, true), Strategy.OFF);
    assertTrue(result.violations().count(Kind.LEFTOVER_ASTRAY) > 0);
  }
}
