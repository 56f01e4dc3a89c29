// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.LinuxHistory;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
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
    long startNanos = System.nanoTime();
    if (keep.isPresent()) {
      KeptEvidence.clear(keep.get().folder(scenario));
    }
    try {
      return crash(scenario, progress, startNanos);
    } catch (CrashRangeTooSmallException e) {
      keep(scenario, folder -> KeptEvidence.write(folder, e));
      return notCrashed(scenario, e, startNanos);
    } catch (LabException e) {
      keep(scenario, folder -> KeptEvidence.write(folder, e));
      throw e;
    }
  }

  private Rehearsal crash(Scenario scenario, Consumer<String> progress, long startNanos)
      throws IOException {
    TableWitness witness = new TableWitness(scenario, config);
    try (LabRun run = LabRun.of(parts, config, scenario)) {
      LabEvidence evidence = run.execute(witness, phase -> progress.accept(doing(scenario, phase)));
      DumpOutcome dump = evidence.explained(evidence.judged());
      Verdict tables = witness.verdict();
      Observations observations =
          evidence.observations(
              dump,
              kernels(
                  scenario,
                  evidence.facts().release(),
                  evidence.captureRelease().orElse(""),
                  evidence.frames()));
      Strategy effect = effect(scenario.strategy());
      Rehearsal rehearsal =
          new Rehearsal(
              scenario.adopting(adoption(scenario, evidence)),
              tables,
              Prediction.of(effect, tables),
              observations,
              LinuxHistory.explain(
                  ObservedVerdict.of(
                      Aftermath.judge(effect, tables, observations),
                      evidence,
                      effect == scenario.strategy()),
                  scenario.mode(),
                  scenario.strategy(),
                  new LinuxHistory.Releases(evidence.facts().release(), captureRelease(scenario))),
              since(startNanos),
              machineTime(evidence.times()));
      keep(scenario, folder -> KeptEvidence.write(folder, evidence, dump));
      return rehearsal;
    }
  }

  /** {@return what the capture kernel does, whatever {@code strategy} asks of it} */
  private Strategy effect(Strategy strategy) {
    LabKernel capture = config.captureKernel(strategy);
    // From what is hidden nothing is asked.
    return config.iommu().isDrivenBy(capture.flavour()) && !config.needsHiding(strategy)
        ? LinuxSetting.effect(strategy, config.mapping(), parts.kernel(capture).release())
        : strategy;
  }

  /** {@return how old tables were taken over: what the kernel says weighs more than its version} */
  private Adoption adoption(Scenario scenario, LabEvidence evidence) {
    return evidence.captureMessages().stream()
        .flatMap(message -> config.iommu().adoption(message).stream())
        .findFirst()
        .orElseGet(() -> LinuxSetting.adoption(scenario.mode(), captureRelease(scenario)));
  }

  private String captureRelease(Scenario scenario) {
    return parts.kernel(config.captureKernel(scenario.strategy())).release();
  }

  /** What went wrong before the crash leaves nothing to be judged but that. */
  private Rehearsal notCrashed(Scenario scenario, CrashRangeTooSmallException e, long startNanos) {
    Observations observations =
        new Observations(
            new DumpOutcome.NoRoom(new Quote(Source.KEXEC, e.reason())),
            List.of(),
            List.of(),
            List.of(),
            true,
            kernels(scenario, "", "", List.of()));
    Verdict verdict = Aftermath.judge(scenario.strategy(), Verdict.of(List.of()), observations);
    return new Rehearsal(
        scenario,
        verdict,
        Prediction.UNKNOWN,
        observations,
        verdict,
        since(startNanos),
        Duration.ZERO);
  }

  private Observations.Kernels kernels(
      Scenario scenario, String release, String captureRelease, List<Frames> frames) {
    return new Observations.Kernels(
        release,
        captureRelease,
        KernelArguments.primary(config, scenario),
        KernelArguments.capture(config, scenario),
        frames,
        parts.qemu().name());
  }

  private void keep(Scenario scenario, KeepDirectory.Keeping work) {
    keep.ifPresent(directory -> directory.keep(scenario, work));
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private static String doing(Scenario scenario, Phase phase) {
    Optional<HandKind> hand = scenario.hand();
    String what = phase.doing();
    if (phase == Phase.READY && hand.equals(Optional.of(HandKind.OUTSIDE))) {
      what = "the guest is stopped and armed from outside";
    } else if (phase == Phase.CRASH && hand.equals(Optional.of(HandKind.WHEN_CRASHED))) {
      what = "the guest crashes, and is armed when it has";
    }
    return scenario.label() + ": " + what;
  }

  private static Duration machineTime(PhaseTimes times) {
    return times.qemu().minus(times.phases().getOrDefault(Phase.READY, Duration.ZERO));
  }
}
