// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many scenarios in one go, against each by itself. */
final class ModelStageTest {

  private static List<Scenario> scenarios(MachineSpec machine) {
    return Arrays.stream(Strategy.values()).map(s -> Scenario.of(machine.mode(), s)).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vtd", "snp-copy", "snp-reuse"})
  void aListIsRehearsedAsItsScenariosAre(String name) {
    MachineSpec machine = BuiltInMachines.find(name).orElseThrow();
    List<Rehearsal> together = new ModelStage(machine, 3).rehearse(scenarios(machine));
    for (int i = 0; i < together.size(); i++) {
      Scenario scenario = scenarios(machine).get(i);
      Rehearsal alone = new ModelStage(machine, 3).rehearse(scenario, _ -> {});
      assertEquals(alone.scenario(), together.get(i).scenario());
      assertEquals(alone.outcome(), together.get(i).outcome());
      assertEquals(alone.verdict(), together.get(i).verdict());
      assertEquals(alone.observations(), together.get(i).observations());
    }
  }

  @Test
  void theScenarioSaysHowItsMachineTakesTablesOver() {
    MachineSpec machine = BuiltInMachines.find("snp-reuse").orElseThrow();
    new ModelStage(machine, 1)
        .rehearse(scenarios(machine))
        .forEach(rehearsal -> assertEquals(Adoption.REUSE, rehearsal.scenario().adoption()));
  }
}
