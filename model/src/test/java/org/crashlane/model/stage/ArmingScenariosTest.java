// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.fault.TrialMachines;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When and how much is armed, what stands in the way, and what comes of doing it wrong. */
final class ArmingScenariosTest {
  private static final long SEEDS = 20;
  private static final int STEPS = 300;
  private static final int FEW_STEPS = 200;
  private static final int STEPS_BEFORE_THE_WRAP = 40;
  private static final Workload BUSY = new Workload(8, -1, true, 1 << 16);
  private static final Workload ONE_BY_ONE = new Workload(2, -1, true, 1 << 16);

  /** Half of where {@link SmallMachine} has its crash range for VT-d. */
  private static final List<AddressRange> HALF = List.of(AddressRange.parse("0x40000-0x5ffff"));

  private static CrashPlan small(MappingMode mode, Strategy strategy) {
    return CrashPlan.of(SmallMachine.of(mode), strategy).withWorkload(BUSY);
  }

  private static CrashResult crash(CrashPlan plan, long seed, int stepCount) {
    return new Crash(plan, new Background(seed)).random(seed, stepCount, Trace.NONE);
  }

  private static Verdict verdict(CrashPlan plan, CrashResult result) {
    Optional<HandKind> hand =
        plan.timing() == ArmTiming.UNRESERVED ? Optional.of(HandKind.OUTSIDE) : Optional.empty();
    Scenario scenario = new Scenario(plan.machine().mode(), plan.strategy(), hand, Adoption.COPY);
    return ModelStage.rehearsal(scenario, plan.timing(), result, Duration.ZERO).verdict();
  }

  private static boolean broken(Verdict verdict, FindingCode code) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == code && f.severity() == Severity.BROKEN);
  }

  private static Finding finding(Verdict verdict, FindingCode code) {
    return verdict.findings().stream().filter(f -> f.code() == code).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = MappingMode.class,
      names = {"CALGARY", "VTD", "AMDVI"})
  void armedEarlyAndKeptFreeTheRuleHolds(MappingMode mode) {
    // Once its search has wrapped, Linux's Calgary driver goes wrong by itself.
    int stepCount = mode == MappingMode.CALGARY ? STEPS_BEFORE_THE_WRAP : STEPS;
    CrashPlan plan = small(mode, Strategy.IDENTITY);
    CrashResult result = crash(plan, 1, stepCount);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertTrue(result.armed().isComplete()),
        () -> assertEquals(List.of(), result.violations().all()),
        () -> assertEquals(Answer.HOLDS, verdict(plan, result).answer()));
  }

  @ParameterizedTest
  @EnumSource(
      value = MappingMode.class,
      names = {"CALGARY", "VTD", "AMDVI"})
  void armingLateWhereADriverHoldsTheAddressesIsRefusedAndTheDumpIsLost(MappingMode mode) {
    CrashPlan plan = small(mode, Strategy.IDENTITY).withTiming(ArmTiming.LATE);
    CrashResult result = crash(plan, 1, STEPS);
    assertAll(
        () -> assertFalse(result.armed().conflicts().isEmpty()),
        () -> assertEquals(0, result.armed().cost().entryCount(), "all or nothing"),
        () -> assertFalse(result.seen().dump().gotThrough()),
        () -> assertTrue(broken(verdict(plan, result), FindingCode.A4)));
  }

  /** The driver's mapping is gone by the panic: only who tried to arm can tell. */
  @Test
  void aConflictThatIsOverByThePanicIsToldAllTheSame() {
    CrashPlan plan = lateCrashRange(ArmTiming.LATE);
    CrashResult result = crash(plan, 1, FEW_STEPS);
    Verdict verdict = verdict(plan, result);
    assertAll(
        () ->
            assertTrue(
                result.tablesAtPanic().findings().stream()
                    .noneMatch(f -> f.code() == FindingCode.A4)),
        () -> assertEquals(Part.ARMING, finding(verdict, FindingCode.A4).subject()),
        () -> assertTrue(broken(verdict, FindingCode.A1)));
  }

  @Test
  void armedLateBeforeTheSearchGetsThereAndKeptFreeFromThenOnTheRuleHolds() {
    CrashPlan plan = lateCrashRange(ArmTiming.LATE);
    CrashResult result = crash(plan, 7, FEW_STEPS);
    assertAll(
        () -> assertTrue(result.armed().isComplete()),
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(Answer.HOLDS, verdict(plan, result).answer()));
  }

  /** The hazard that was met on a real kernel: armed entries are handed out again. */
  @Test
  void whereTheAllocatorIsNotToldItHandsOutArmedAddressesAndTheDumpIsLost() {
    CrashPlan plan = lateCrashRange(ArmTiming.UNRESERVED);
    CrashResult result = crash(plan, 7, FEW_STEPS);
    Verdict verdict = verdict(plan, result);
    assertAll(
        () -> assertTrue(result.armed().isComplete(), "nothing stood in the way"),
        () -> assertTrue(result.violations().count(Kind.HANDED_OUT_ARMED) > 0),
        () -> assertTrue(broken(verdict, FindingCode.A5)),
        () -> assertTrue(broken(verdict, FindingCode.A4), "an armed entry leads elsewhere"),
        () -> assertTrue(broken(verdict, FindingCode.A1), "another was freed with its mapping"),
        () -> assertFalse(result.seen().dump().gotThrough()));
  }

  @Test
  void whereTheAllocatorIsNotToldAndHandsOutNothingOfItThatIsANote() {
    MachineSpec machine = withCrashRange(SmallMachine.of(MappingMode.VTD), "0x20000-0x5ffff");
    CrashPlan plan =
        CrashPlan.of(machine, Strategy.IDENTITY)
            .withWorkload(BUSY)
            .withTiming(ArmTiming.UNRESERVED);
    CrashResult result = crash(plan, 1, STEPS);
    Verdict verdict = verdict(plan, result);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(Severity.NOTE, finding(verdict, FindingCode.A5).severity()),
        () -> assertEquals(Answer.HOLDS, verdict.answer()));
  }

  /** Linux's search goes upwards from 0x20000: it takes a while to get to this crash range. */
  private static CrashPlan lateCrashRange(ArmTiming timing) {
    MachineSpec machine = withCrashRange(SmallMachine.of(MappingMode.CALGARY), "0x40000-0x7ffff");
    return CrashPlan.of(machine, Strategy.IDENTITY).withWorkload(ONE_BY_ONE).withTiming(timing);
  }

  private static MachineSpec withCrashRange(MachineSpec machine, String range) {
    return new MachineSpec(
        machine.name(),
        machine.summary(),
        machine.era(),
        machine.ram(),
        List.of(AddressRange.parse(range)),
        machine.devices(),
        machine.modeSpec());
  }

  @Test
  void halfOfTheCrashRangeIsEnoughIfTheBuffersComeFromThere() {
    CrashPlan plan = small(MappingMode.VTD, Strategy.IDENTITY).withArmed(HALF);
    CrashResult result = crash(plan.withCaptureMemory(HALF), 1, STEPS);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()),
        () -> assertEquals(32, result.armed().cost().entryCount()));
  }

  @Test
  void aBufferFromTheOtherHalfIsBlocked() {
    List<AddressRange> other = List.of(AddressRange.parse("0x60000-0x7ffff"));
    CrashPlan plan = small(MappingMode.VTD, Strategy.IDENTITY).withArmed(HALF);
    CrashResult result = crash(plan.withCaptureMemory(other), 1, STEPS);
    assertAll(
        () -> assertFalse(result.seen().dump().gotThrough()),
        () -> assertTrue(result.violations().count(Kind.CAPTURE_BLOCKED) > 0),
        () -> assertTrue(broken(verdict(plan, result), FindingCode.A1)));
  }

  @Test
  void aDeviceOfTheDumpPathThatIsNotArmedIsNamedAndLosesItsIo() {
    CrashPlan plan =
        small(MappingMode.VTD, Strategy.IDENTITY)
            .withSabotage(TrialMachines.fault("vtd-arm-forgets-last-device").sabotage());
    CrashResult result = crash(plan, 1, STEPS);
    Finding finding = finding(verdict(plan, result), FindingCode.A1);
    assertAll(
        () -> assertTrue(finding.subject().toString().contains("00:01.0 disk"), finding::toString),
        () -> assertTrue(result.violations().count(Kind.CAPTURE_BLOCKED) > 0),
        () -> assertFalse(result.seen().dump().gotThrough()));
  }

  @Test
  void aCrashRangeBeyondTheDisksReachIsToldBeforeTheCrashAndLosesTheDump() {
    MachineSpec machine = BuiltInMachines.find("beyond-reach").orElseThrow();
    CrashResult result = crash(CrashPlan.of(machine, Strategy.IDENTITY), 1, STEPS);
    assertAll(
        () -> assertTrue(broken(result.tablesAtPanic(), FindingCode.B1)),
        () -> assertFalse(result.dumped()),
        () -> assertTrue(result.violations().count(Kind.CAPTURE_UNMAPPABLE) > 0));
  }

  @Test
  void aLeftoversAddressInTheCrashRangeIsSeenWhereNothingIsReserved() {
    CrashPlan plan = small(MappingMode.CALGARY, Strategy.NONE);
    CrashResult result =
        LongStream.range(0, SEEDS)
            .mapToObj(seed -> crash(plan, seed, STEPS))
            .filter(r -> r.violations().count(Kind.LEFTOVER_IOVA_IN_CRASH_RANGE) > 0)
            .findFirst()
            .orElseThrow();
    assertTrue(broken(verdict(plan, result), FindingCode.A4));
  }

  @Test
  void anApertureOverMemorySpoilsTheDumpUnlessItIsLeftOut() {
    MachineSpec machine = BuiltInMachines.find("gart-over-ram").orElseThrow();
    CrashPlan plan = CrashPlan.of(machine, Strategy.IDENTITY);
    CrashResult through = crash(plan, 1, STEPS);
    List<AddressRange> aperture = List.of(AddressRange.parse("0x20000000-0x23ffffff"));
    CrashResult without = crash(plan.withLeftOut(aperture), 1, STEPS);
    assertAll(
        () -> assertTrue(broken(verdict(plan, through), FindingCode.D3)),
        () -> assertFalse(through.seen().dump().gotThrough()),
        () -> assertTrue(without.seen().dump().gotThrough(), without.failure()::toString),
        () -> assertEquals(Answer.HOLDS, verdict(plan, without).answer()));
  }

  @Test
  void aGuestsDeviceOnTheDumpPathIsTold() {
    MachineSpec mixed = BuiltInMachines.find("mixed").orElseThrow();
    MachineSpec machine =
        new MachineSpec(
            mixed.name(),
            mixed.summary(),
            mixed.era(),
            mixed.ram(),
            mixed.crashRanges(),
            mixed.devices().stream().map(ArmingScenariosTest::guestsOnDumpPath).toList(),
            mixed.modeSpec());
    CrashPlan plan = CrashPlan.of(machine, Strategy.IDENTITY);
    CrashResult result = crash(plan, 1, STEPS);
    Finding finding = finding(verdict(plan, result), FindingCode.G1);
    assertAll(
        () -> assertEquals(Severity.BROKEN, finding.severity()),
        () -> assertTrue(finding.subject().toString().contains("vf"), finding::toString));
  }

  private static DeviceSpec guestsOnDumpPath(DeviceSpec device) {
    return new DeviceSpec(
            device.name(),
            device.address(),
            device.alias(),
            device.kind(),
            device.dmaMaskBits(),
            device.unit())
        .with(DeviceSpec.Trait.ON_DUMP_PATH, device.onDumpPath() || device.assignedToGuest())
        .with(DeviceSpec.Trait.RESET_BY_DRIVER, device.resetByDriver())
        .with(DeviceSpec.Trait.STOPS_ON_FAULT, device.stopsOnFault())
        .with(DeviceSpec.Trait.ASSIGNED_TO_GUEST, device.assignedToGuest())
        .with(DeviceSpec.Trait.PASS_THROUGH, device.passThrough());
  }
}
