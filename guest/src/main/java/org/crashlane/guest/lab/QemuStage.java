// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.guest.lab.judge.DumpJudge;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rule.Verdict;

/** Crashes a real kernel under QEMU; one guest for each rehearsal. */
public final class QemuStage implements Stage {
  private final LabParts parts;
  private final GuestConfig config;
  private final Optional<Path> keep;

  /**
   * @param parts what is booted
   * @param config the guest
   * @param keep where the evidence of each rehearsal is kept, in a folder named after it
   */
  public QemuStage(LabParts parts, GuestConfig config, Optional<Path> keep) {
    this.parts = parts;
    this.config = config;
    this.keep = keep;
  }

  @Override
  public Rehearsal rehearse(Scenario scenario, Consumer<String> progress) throws IOException {
    long startNanos = System.nanoTime();
    progress.accept(scenario.label());
    try (TableWitness witness = new TableWitness(scenario, config.disk());
        LabRun run = LabRun.of(parts, config, scenario)) {
      LabEvidence evidence = run.execute(witness);
      DumpOutcome dump =
          DumpJudge.judge(evidence.disk(), evidence.facts().release(), evidence.sample());
      Verdict tables = witness.verdict();
      Observations observations = evidence.observations(dump);
      Rehearsal rehearsal =
          new Rehearsal(
              scenario,
              tables,
              Prediction.of(scenario.strategy(), tables),
              observations,
              Aftermath.judge(scenario.strategy(), tables, observations),
              Duration.ofNanos(System.nanoTime() - startNanos),
              machineTime(evidence.times()));
      if (keep.isPresent()) {
        KeptEvidence.write(keep.get().resolve(folderName(scenario)), evidence);
      }
      return rehearsal;
    }
  }

  private static Duration machineTime(PhaseTimes times) {
    return times.qemu().minus(times.phases().getOrDefault(Phase.READY, Duration.ZERO));
  }

  /** {@return the folder that {@code --keep} gives a scenario: {@code identity-inside}} */
  public static String folderName(Scenario scenario) {
    return scenario.strategy().label() + scenario.hand().map(h -> "-" + h.label()).orElse("");
  }
}
