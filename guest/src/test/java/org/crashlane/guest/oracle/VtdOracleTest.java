// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("qemu")
class VtdOracleTest {
  @ParameterizedTest
  @ValueSource(ints = {39, 48})
  void unitDoesAsQemu(int width) throws Exception {
    long t0 = System.nanoTime();
    try (VtdMachine machine = VtdMachine.start("aw-bits=" + width, 11)) {
      long t1 = System.nanoTime();
      VtdOracle oracle = new VtdOracle(machine, VtdUnits.FACTORY);
      java.util.Map<String, Integer> kinds = new java.util.TreeMap<>();
      ReplayResult result =
          oracle.compare(
              new LegacyCases(machine.description()),
              10_000,
              20,
              probe ->
                  kinds.merge(
                      switch (probe.observed()) {
                        case Observation.Faulted f -> "fault " + f.reason();
                        case Observation.Landed _ -> "landed";
                        case Observation.Nothing n ->
                            n.data() == 0 ? "nothing" : "nothing but data";
                      },
                      1,
                      Integer::sum));
      long t2 = System.nanoTime();
      System.out.println(machine.description());
      System.out.println(
          (t1 - t0) / 1e9 + " s start, " + (t2 - t1) / 1e9 + " s for " + result.probeCount());
      System.out.println(kinds);
      System.out.println(result.differenceCount());
      result.differences().forEach(System.out::println);
      if (!result.agrees()) {
        System.out.println("SHRUNK " + oracle.shrink(result.differences().getFirst()));
      }
      assertEquals(0, result.differenceCount());
    }
  }
}
