// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.model.crash.Sabotage;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each mistake is caught, and a kernel without one shows nothing on the same machines. */
final class FaultsTest {
  private static final int FAULTS_MIN = 30;

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
  @CsvSource({"SWIOTLB, 4", "GART, 6", "CALGARY, 9", "VTD, 11"})
  void everyModeHasItsShare(MappingMode mode, int least) {
    long count = SeededFaults.all().stream().filter(f -> f.mode() == mode).count();
    assertTrue(count >= least, mode + " has " + count);
  }

  @Test
  void faultsAreManyAndFoundByTheirNames() {
    List<SeededFault> all = SeededFaults.all();
    assertAll(
        () -> assertTrue(all.size() >= FAULTS_MIN, all.size() + " faults"),
        () ->
            assertEquals(
                all, all.stream().map(f -> SeededFaults.find(f.name()).orElseThrow()).toList()),
        () -> assertEquals(Optional.empty(), SeededFaults.find("calgary-armed-rightly")));
  }
}
