// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Crashes that are run as one until the panic, against each run by itself. */
final class SharedPastTest {
  private static final int STEPS = 300;
  private static final long SEED = 9;

  static List<MachineSpec> machines() {
    return BuiltInMachines.usual();
  }

  @ParameterizedTest
  @MethodSource("machines")
  void eachStrategyComesOutAsWhenItIsRunByItself(MachineSpec machine) {
    List<CrashPlan> plans =
        Arrays.stream(Strategy.values()).map(strategy -> CrashPlan.of(machine, strategy)).toList();
    Background background = new Background(SEED);
    List<String> apart = new ArrayList<>();
    for (CrashPlan plan : plans) {
      apart.add(all(new Crash(plan, background).random(SEED, STEPS, Trace.NONE)));
    }
    List<String> together =
        Crash.random(plans, background, SEED, STEPS).stream().map(SharedPastTest::all).toList();
    assertEquals(apart, together);
  }

  /** All that a result says; violations have no equality of their own. */
  private static String all(CrashResult result) {
    StringBuilder text = new StringBuilder();
    text.append(result.dumped()).append(result.failure()).append(result.tablesAtPanic());
    text.append(result.armed()).append(result.seen()).append(result.stepCount());
    text.append(result.schedule());
    for (Violation.Kind kind : Violation.Kind.values()) {
      text.append(kind).append(result.violations().count(kind));
      text.append(result.violations().first(kind));
    }
    return text.toString();
  }

  @ParameterizedTest
  @CsvSource({"NONE, ADOPT, true", "OFF, RESET, true", "NONE, RESERVE, false"})
  void onlyWhatTheCaptureKernelDoesIsLeftForAfterThePanic(
      Strategy one, Strategy other, boolean shared) {
    MachineSpec machine = machines().getFirst();
    assertEquals(shared, CrashPlan.of(machine, one).sharesPast(CrashPlan.of(machine, other)));
  }

  private static CrashPlan plan() {
    return CrashPlan.of(machines().getFirst(), Strategy.NONE);
  }

  /** {@return plans that differ from {@link #plan} by one component each, and share no past} */
  static List<CrashPlan> otherPasts() {
    CrashPlan plan = plan();
    MachineSpec machine = plan.machine();
    MachineSpec renamed =
        new MachineSpec(
            "another",
            machine.summary(),
            machine.era(),
            machine.known(),
            machine.devices(),
            machine.modeSpec());
    Workload usual = Workload.USUAL;
    return List.of(
        CrashPlan.of(renamed, Strategy.NONE),
        plan.withTiming(ArmTiming.LATE),
        plan.withArmed(Ranges.firstPart(plan.armed(), Page.BYTES)),
        plan.withWorkload(
            new Workload(usual.ringCount(), 3, usual.varied(), usual.dumpChunkBytes())),
        plan.withSabotage(new Sabotage() {}));
  }

  @ParameterizedTest
  @MethodSource("otherPasts")
  void plansThatDifferBeforeThePanicShareNoPast(CrashPlan other) {
    assertFalse(plan().sharesPast(other));
    assertFalse(other.sharesPast(plan()));
  }

  @Test
  void plansThatDifferAfterItDo() {
    List<AddressRange> page = Ranges.firstPart(plan().machine().ram(), Page.BYTES);
    assertTrue(plan().sharesPast(plan().withLeftOut(page)));
    assertTrue(plan().sharesPast(plan().withCaptureMemory(page)));
  }

  @ParameterizedTest
  @MethodSource("machines")
  void anArmedMachineSharesNoPastWithOneThatIsNot(MachineSpec machine) {
    CrashPlan armed = CrashPlan.of(machine, Strategy.IDENTITY);
    assertTrue(armed.sharesPast(CrashPlan.of(machine, Strategy.IDENTITY)));
    assertFalse(armed.sharesPast(CrashPlan.of(machine, Strategy.NONE)));
    assertFalse(armed.sharesPast(armed.withTiming(ArmTiming.UNRESERVED)));
  }
}
