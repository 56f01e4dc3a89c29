// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.crash.World;
import org.crashlane.model.explore.Exploration;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.fault.SeededFaults;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The proposal, statement by statement: each test begins with the number that the statement has in
 * docs/rule.md. What the small machines show holds for every order of things on them.
 */
final class StatementsTest {
  private static final int STEPS = 400;

  /** One command for each device: enough to find all that is violated. */
  private static final Workload LITTLE = new Workload(2, 1, false, 1 << 16);

  private static final Set<Kind> OF_LEFTOVERS =
      EnumSet.of(
          Kind.LEFTOVER_IN_CRASH_RANGE, Kind.LEFTOVER_IOVA_IN_CRASH_RANGE, Kind.LEFTOVER_ASTRAY);
  private static final Set<Kind> OF_CAPTURE_IO =
      EnumSet.of(Kind.CAPTURE_BLOCKED, Kind.CAPTURE_ASTRAY, Kind.CAPTURE_UNMAPPABLE);

  private static Exploration explore(CrashPlan plan) throws InterruptedException {
    Exploration all = Explorer.explore(plan.withWorkload(LITTLE), ExplorerLimits.usual(), _ -> {});
    assertTrue(all.isComplete());
    assertTrue(all.dumpCount() + all.lostCount() > 0);
    return all;
  }

  private static Exploration explore(MappingMode mode, Strategy strategy)
      throws InterruptedException {
    return explore(SmallMachine.plan(mode, strategy));
  }

  private static Set<Kind> violated(Exploration all) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    all.counterexamples().forEach(c -> kinds.add(c.violation().kind()));
    return kinds;
  }

  private static void assertNone(Set<Kind> wanted, Exploration all) {
    Set<Kind> found = violated(all);
    found.retainAll(wanted);
    assertEquals(Set.of(), found);
  }

  private static CrashResult crash(MachineSpec machine, Strategy strategy) {
    return new Crash(CrashPlan.of(machine, strategy), new Background(1))
        .random(1, STEPS, Trace.NONE);
  }

  private static boolean broken(Verdict verdict, FindingCode code) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == code && f.severity() == Severity.BROKEN);
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void t1KeepingTheCrashRangeOutOfWhatIsHandedOutIsNecessary(MappingMode mode)
      throws InterruptedException {
    assertTrue(violated(explore(mode, Strategy.NONE)).contains(Kind.LEFTOVER_IOVA_IN_CRASH_RANGE));
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.RESERVE));
    CrashPlan unreserved = SmallMachine.plan(mode, Strategy.IDENTITY).withTiming(ArmTiming.UNTOLD);
    assertTrue(explore(unreserved).lostCount() > 0, "identity without it loses dumps too");
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void t2ItIsNotSufficient(MappingMode mode) throws InterruptedException {
    Exploration all = explore(mode, Strategy.RESERVE);
    assertEquals(Set.of(Kind.CAPTURE_BLOCKED), violated(all));
    assertEquals(0, all.dumpCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void t3IdentityMappingLetsTheIommuThatStillRunsPassTheCaptureKernelsIo(MappingMode mode)
      throws InterruptedException {
    Exploration all = explore(mode, Strategy.IDENTITY);
    assertTrue(all.isClean());
    assertEquals(0, all.lostCount());
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(result.isDumpRight(), result.failure());
    assertTrue(result.translatingAtEnd());
    assertEquals(0, result.captureBlockedCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void t4TheSubsetOfPagesThatIsTheTargetOfIoIsEnough(MappingMode mode) throws InterruptedException {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY);
    long first = plan.machine().crashRanges().getFirst().first();
    int needed = 4096 + (1 << 16); // The ring, and a chunk of the dump.
    assertTrue(needed < plan.machine().crashRanges().getFirst().sizeBytes());
    Exploration enough = explore(plan.withArmed(List.of(AddressRange.ofSize(first, needed))));
    assertTrue(enough.isClean());
    assertEquals(0, enough.lostCount());
    AddressRange short1 = AddressRange.ofSize(first, needed - 4096);
    Exploration pageMissing = explore(plan.withArmed(List.of(short1)));
    assertEquals(Set.of(Kind.CAPTURE_BLOCKED), violated(pageMissing));
    assertEquals(0, pageMissing.dumpCount());
  }

  @ParameterizedTest
  @EnumSource
  void r1TheCaptureKernelTouchesNoIommuAndGetsItsDumpAllTheSame(MappingMode mode)
      throws InterruptedException {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertEquals(List.of(), result.touches());
    assertEquals(List.of(), result.registerWrites());
    assertTrue(result.isDumpRight(), result.failure());
    assertFalse(violated(explore(mode, Strategy.IDENTITY)).contains(Kind.IOMMU_TOUCHED));
  }

  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void aThreeModesNeedNoSetUp(MappingMode mode) {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertEquals(ArmReport.NOTHING_NEEDED, result.armed());
    assertEquals(0, result.armingStepCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void aTheOtherTwoNeedSomeOrConsiderableSetUp(MappingMode mode) {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(result.armed().isComplete());
    assertTrue(result.armed().entryCount() > 0);
    assertEquals(mode != MappingMode.CALGARY, result.armed().tablePageCount() > 0);
    assertTrue(result.armingStepCount() >= result.armed().entryCount());
  }

  @Test
  void bACrashRangeOutOfADevicesReachIsFoundBeforeTheCrashAndLosesTheDump() {
    CrashResult result =
        crash(BuiltInMachines.find("beyond-reach").orElseThrow(), Strategy.IDENTITY);
    assertTrue(broken(result.tablesAtPanic(), FindingCode.B1));
    assertFalse(result.dumped());
    assertTrue(result.violations().count(Kind.CAPTURE_UNMAPPABLE) > 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"OFF", "ADOPT", "ABORT"})
  void cACaptureKernelThatDoesNotIgnoreTheIommuIsNamedForIt(Strategy strategy) {
    for (MappingMode mode : List.of(MappingMode.CALGARY, MappingMode.VTD)) {
      Rehearsal rehearsal =
          new ModelStage(BuiltInMachines.of(mode), 1)
              .rehearse(Scenario.of(mode, strategy), _ -> {});
      assertTrue(broken(rehearsal.verdict(), FindingCode.C1), mode + " " + rehearsal);
      assertTrue(broken(rehearsal.verdict(), FindingCode.C2), mode + " " + rehearsal);
    }
  }

  /** Statements 1a, 2a, 3a: what is done about the crash makes no difference at all. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void a123WithoutAnySetUpAllGoesAsWithIt(MappingMode mode) throws InterruptedException {
    Exploration none = explore(mode, Strategy.NONE);
    Exploration identity = explore(mode, Strategy.IDENTITY);
    assertTrue(none.isClean());
    assertEquals(0, none.lostCount());
    assertEquals(identity.stateCount(), none.stateCount());
    assertEquals(identity.transitionCount(), none.transitionCount());
    assertEquals(identity.dumpCount(), none.dumpCount());
  }

  /** Statements 1b, 2b, 3b. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void b123LeftoversGoToThePrimarysBuffersOutsideTheCrashRange(MappingMode mode)
      throws InterruptedException {
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.NONE));
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.NONE);
    assertTrue(result.leftoverThroughCount() > 0);
    assertEquals(List.of(), result.violations().all());
  }

  /** Statements 1c, 2c, 3c. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void c123CaptureIoGoesToBuffersInTheCrashRange(MappingMode mode) throws InterruptedException {
    Exploration all = explore(mode, Strategy.NONE);
    assertNone(OF_CAPTURE_IO, all);
    assertEquals(0, all.lostCount());
    assertTrue(crash(BuiltInMachines.of(mode), Strategy.NONE).isDumpRight());
  }

  @Test
  void c3AnApertureOverMemoryIsInTheWayOfTheDumpAndNotOfDma() {
    CrashResult result =
        crash(BuiltInMachines.find("gart-over-ram").orElseThrow(), Strategy.IDENTITY);
    assertFalse(result.isDumpRight());
    assertEquals(
        List.of(Kind.READ_THROUGH_APERTURE),
        result.violations().all().stream()
            .map(v -> v.kind())
            .filter(k -> k != Kind.DUMP_DIFFERS)
            .toList());
  }

  /** Statements 4d and 5b: neither the IOVA nor the page lies in the crash range. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void b45LeftoversAreRemappedToThePrimarysBuffers(MappingMode mode) throws InterruptedException {
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.IDENTITY));
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(result.leftoverThroughCount() > 0);
    assertEquals(0, result.corruptedByteCount());
    assertEquals(List.of(), result.violations().all());
  }

  /** Statements 4e and 5c: what a device puts on the bus and where it goes are the same. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void c45CaptureIoIsRemappedToTheSameAddress(MappingMode mode) throws InterruptedException {
    assertNone(OF_CAPTURE_IO, explore(mode, Strategy.IDENTITY));
    World world = armed(BuiltInMachines.of(mode));
    for (DeviceSpec device : world.plan().machine().dumpPath()) {
      AddressRange range = world.plan().machine().crashRanges().getFirst();
      for (long at = range.first(); at < range.last(); at += 4096) {
        for (Access access : Access.values()) {
          Request request = new Request(device.requester(), at, access);
          assertEquals(
              new Outcome.Reached(at), world.remapper().translate(world.memory(), request));
        }
      }
    }
  }

  @Test
  void a5EachDeviceThatTheCaptureKernelNeedsIsArmedAndOneLeftOutIsNamed()
      throws InterruptedException {
    CrashPlan plan =
        SmallMachine.plan(MappingMode.VTD, Strategy.IDENTITY)
            .withSabotage(
                SeededFaults.find("vtd-arm-forgets-last-device").orElseThrow().sabotage());
    Exploration all = explore(plan);
    assertTrue(violated(all).contains(Kind.CAPTURE_BLOCKED));
    assertEquals(0, all.dumpCount());
    Verdict verdict = Crash.judgeTables(World.boot(plan, new Background(1), Trace.NONE));
    Finding finding =
        verdict.findings().stream()
            .filter(f -> f.code() == FindingCode.A1)
            .findFirst()
            .orElseThrow();
    assertTrue(finding.subject().contains("00:01.0 disk"), finding.subject());
  }

  @Test
  void vAGuestsDeviceDoesNotGainTheCrashRange() {
    World world = armed(BuiltInMachines.find("mixed").orElseThrow());
    MachineSpec machine = world.plan().machine();
    DeviceSpec guests =
        machine.devices().stream().filter(DeviceSpec::assignedToGuest).findFirst().orElseThrow();
    AddressRange range = machine.crashRanges().getFirst();
    for (long at = range.first(); at < range.last(); at += 4096) {
      Request request = new Request(guests.requester(), at, Access.READ);
      assertInstanceOf(Outcome.Blocked.class, world.remapper().translate(world.memory(), request));
    }
    assertFalse(broken(Crash.judgeTables(world), FindingCode.G1));
  }

  private static World armed(MachineSpec machine) {
    return World.boot(CrashPlan.of(machine, Strategy.IDENTITY), new Background(1), Trace.NONE);
  }
}
