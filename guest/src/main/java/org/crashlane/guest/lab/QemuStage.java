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
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict;

/** Crashes a real kernel under QEMU; one guest for each rehearsal. */
public final class QemuStage implements Stage {
  private final LabParts parts;
  private final GuestConfig config;
  private final Optional<KeepDirectory> keep;

  /**
   * @param parts what is booted
   * @param config the guest
   * @param keep where the evidence of each rehearsal is kept
   */
  public QemuStage(LabParts parts, GuestConfig config, Optional<KeepDirectory> keep) {
    this.parts = parts;
    this.config = config;
    this.keep = keep;
  }

  @Override
  public Rehearsal rehearse(Scenario scenario, Consumer<String> progress) throws IOException {
    Optional<Path> folder = Optional.empty();
    if (keep.isPresent()) {
      folder = Optional.of(keep.get().folder(scenario));
      KeptEvidence.clear(folder.get());
    }
    try {
      return rehearse(scenario, progress, folder);
    } catch (LabException e) {
      if (folder.isPresent()) {
        KeptEvidence.write(folder.get(), e);
      }
      throw e;
    }
  }

  private Rehearsal rehearse(Scenario scenario, Consumer<String> progress, Optional<Path> folder)
      throws IOException {
    long startNanos = System.nanoTime();
    TableWitness witness = new TableWitness(scenario, config);
    try (LabRun run = LabRun.of(parts, config, scenario)) {
      LabEvidence evidence = run.execute(witness, phase -> progress.accept(doing(scenario, phase)));
      DumpOutcome dump =
          DumpJudge.judge(evidence.disk(), evidence.facts().release(), evidence.sample());
      Verdict tables = witness.verdict();
      Observations observations = evidence.observations(dump);
      Strategy effect = config.iommu().effectOf(scenario.strategy());
      Rehearsal rehearsal =
          new Rehearsal(
              scenario,
              tables,
              Prediction.of(effect, tables),
              observations,
              ObservedVerdict.of(
                  Aftermath.judge(effect, tables, observations),
                  config.iommu(),
                  scenario.strategy(),
                  evidence.sightings()),
              Duration.ofNanos(System.nanoTime() - startNanos),
              machineTime(evidence.times()));
      if (folder.isPresent()) {
        KeptEvidence.write(folder.get(), evidence, dump);
      }
      return rehearsal;
    }
  }

  private static String doing(Scenario scenario, Phase phase) {
    boolean arming = phase == Phase.READY && scenario.hand().equals(Optional.of(HandKind.OUTSIDE));
    return scenario.label()
        + ": "
        + (arming ? "the guest stands and is armed from outside" : phase.doing());
  }

  private static Duration machineTime(PhaseTimes times) {
    return times.qemu().minus(times.phases().getOrDefault(Phase.READY, Duration.ZERO));
  }
}
