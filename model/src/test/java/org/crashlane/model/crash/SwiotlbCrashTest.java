// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The proposal's second mode: no set-up is needed, whatever is done. */
final class SwiotlbCrashTest {
  private static final int STEPS = 500;
  private static final Background NOISE = new Background(1);
  private static final AddressRange BELOW = AddressRange.parse("0x0-0x1fffffff");
  private static final AddressRange ABOVE = AddressRange.parse("0x100000000-0x107ffffff");
  private static final AddressRange LOW_CRASH = AddressRange.parse("0x10000000-0x11ffffff");
  private static final AddressRange ROOMY_CRASH = AddressRange.parse("0x10000000-0x15ffffff");
  private static final AddressRange HIGH_CRASH = AddressRange.parse("0x102000000-0x103ffffff");

  private static MachineSpec machine(Era era, boolean force, List<AddressRange> crash, int bits) {
    return new MachineSpec(
        "no IOMMU",
        "for tests",
        era,
        List.of(BELOW, ABOVE),
        crash,
        List.of(
            TestMachines.device("nic", "02:00.0", DeviceKind.RECEIVER, 32, "", false),
            TestMachines.device("disk", "01:00.0", DeviceKind.STORAGE, bits, "", true)),
        new ModeSpec.Swiotlb(64 << 20, force));
  }

  private static CrashResult crash(MachineSpec machine, Strategy strategy) {
    CrashPlan plan = CrashPlan.of(machine, strategy);
    return new Crash(plan, NOISE).random(1, STEPS, Trace.NONE);
  }

  private static void assertSaved(CrashResult result, Strategy strategy) {
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()),
        () ->
            assertTrue(
                Results.tally(result).leftoverPassedCount() > 0 || strategy == Strategy.RESET));
  }

  @ParameterizedTest
  @EnumSource(Strategy.class)
  void everyStrategySavesTheDump(Strategy strategy) {
    assertSaved(
        crash(machine(Era.LINUX_2_6_27, false, List.of(LOW_CRASH), 64), strategy), strategy);
  }

  @ParameterizedTest
  @CsvSource({"LINUX_2_6_27, false", "LINUX_2_6_27, true", "LINUX_6, false", "LINUX_6, true"})
  void everyEraSavesItForcedOrNot(Era era, boolean force) {
    MachineSpec machine = machine(era, force, List.of(ROOMY_CRASH), 64);
    assertSaved(crash(machine, Strategy.NONE), Strategy.NONE);
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void aPoolThatDoesNotFitIsALackOfLowMemory(Era era) {
    CrashResult result = crash(machine(era, true, List.of(LOW_CRASH), 64), Strategy.NONE);
    assertAll(
        () ->
            assertTrue(
                result.seen().dump() instanceof DumpOutcome.NoRoom, result.failure()::toString),
        () -> assertEquals(1, result.violations().count(Violation.Kind.CAPTURE_LOW_MEMORY)));
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void poolInTheLowCrashRangeServesTheHighOne(Era era) {
    AddressRange small = AddressRange.ofSize(LOW_CRASH.first(), 512 << 10);
    MachineSpec machine = machine(era, false, List.of(small, HIGH_CRASH), 32);
    // With the pool and a ring in the low range, the buffer is in the high one, and bounced.
    Workload workload = new Workload(8, -1, true, 256 << 10);
    CrashPlan plan = CrashPlan.of(machine, Strategy.OFF).withWorkload(workload);
    assertSaved(new Crash(plan, NOISE).random(1, STEPS, Trace.NONE), Strategy.OFF);
  }
}
