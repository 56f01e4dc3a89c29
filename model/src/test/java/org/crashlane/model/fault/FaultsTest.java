// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.Sabotage;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each mistake is caught, and a kernel without one shows nothing on the same machines. */
final class FaultsTest {
  private static final int FAULTS_MIN = 30;

  /** Panic, the capture kernel's start, its first command, and what its disk does with that. */
  private static final int SHORTEST_MAX = 8;

  @Test
  void everySeededFaultIsCaught() throws InterruptedException {
    FaultReport report = FaultReport.of(SeededFaults.all());
    report.lines().forEach(System.out::println);
    System.out.println(report.summary());
    assertEquals(List.of(), report.missed());
  }

  @ParameterizedTest
  @EnumSource(MappingMode.class)
  void soundKernelsShowNothing(MappingMode mode) {
    assertEquals(Optional.empty(), FaultHunt.crash(mode, Sabotage.NONE));
  }

  @ParameterizedTest
  @CsvSource({"SWIOTLB, 4", "GART, 6", "CALGARY, 9", "VTD, 11", "AMDVI, 25"})
  void everyModeHasItsShare(MappingMode mode, int least) {
    long count = SeededFaults.all().stream().filter(f -> f.mode() == mode).count();
    assertTrue(count >= least, mode + " has " + count);
  }

  /** On a machine whose card stands still, nothing shows because nothing happens. */
  @ParameterizedTest
  @EnumSource(MappingMode.class)
  void everyDeviceOfEveryMachineIsAtWork(MappingMode mode) {
    for (TrialMachine ground : TrialMachine.of(mode)) {
      Set<String> atWork = new HashSet<>();
      Trace trace =
          (_, what) -> {
            if (what.get() instanceof Event.Reached reached) {
              atWork.add(reached.device().name());
            }
          };
      new Crash(ground.plan(), new Background(1)).random(1, ground.stepCount(), trace);
      for (DeviceSpec device : ground.plan().machine().devices()) {
        assertTrue(
            atWork.contains(device.name()),
            device + " of " + ground.plan().machine().name() + " never reaches memory");
      }
    }
  }

  @Test
  void theExplorerFindsAMistakeByItselfInFewSteps() throws InterruptedException {
    SeededFault fault = TrialMachines.fault("calgary-arm-not-writable");
    Detection caught = FaultHunt.explore(fault.mode(), fault.sabotage()).orElseThrow();
    assertAll(
        () -> assertEquals(Detection.By.EXPLORER, caught.by()),
        () -> assertTrue(caught.step() <= SHORTEST_MAX, caught.toString()));
  }

  @Test
  void faultsAreManyAndFoundByTheirNames() {
    List<SeededFault> all = SeededFaults.all();
    assertAll(
        () -> assertTrue(all.size() >= FAULTS_MIN, all.size() + " faults"),
        () -> assertEquals(all, all.stream().map(f -> TrialMachines.fault(f.name())).toList()));
  }
}
