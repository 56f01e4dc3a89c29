// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.KeepDirectory;
import org.crashlane.guest.lab.QemuStage;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours;
import org.crashlane.report.JsonReport;
import org.crashlane.report.RehearsalJson;
import org.crashlane.report.RehearsalReport;
import org.crashlane.rule.Verdict.Answer;

/** {@code crashlane rehearse --stage qemu}: one real kernel after the other. */
final class QemuRehearsals {
  private static final int KEPT_COLUMNS = 100;

  /** The others need a kernel that does so, and Debian's does not. */
  private static final List<Strategy> STRATEGIES =
      List.of(Strategy.NONE, Strategy.IDENTITY, Strategy.ADOPT, Strategy.OFF);

  private final Terminal terminal;
  private final QemuOptions options;

  QemuRehearsals(Terminal terminal, QemuOptions options) {
    this.terminal = terminal;
    this.options = options;
  }

  /** {@return the exit code, after all is printed} */
  ExitCode run(Optional<MappingNames> mapping, Optional<StrategyNames> strategies, boolean json)
      throws IOException, InterruptedException, PartsUnavailableException {
    MappingMode mode = mode(mapping);
    GuestConfig config = options.config(mode);
    List<Scenario> scenarios = scenarios(mode, strategies);
    Set<KernelFlavour> kernels =
        config.flavours(scenarios.stream().map(Scenario::strategy).toList());
    Optional<KeepDirectory> kept = Optional.empty();
    if (options.keep().isPresent()) {
      kept = Optional.of(KeepDirectory.open(options.keep().get()));
    }
    LabParts parts = Parts.inUsersCache(terminal::complain).prepare(kernels, moduleSources());
    Stage qemu = new QemuStage(parts, config, kept);
    List<Rehearsal> rehearsals = new ArrayList<>();
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime))) {
      for (Scenario scenario : scenarios) {
        int number = rehearsals.size() + 1;
        Rehearsal rehearsal =
            qemu.rehearse(scenario, what -> progress.update(what, number, scenarios.size()));
        rehearsals.add(rehearsal);
        if (kept.isPresent()) {
          keepVerdict(kept.get().folder(scenario), rehearsal);
        }
      }
    }
    report(rehearsals, json);
    return exitCode(rehearsals);
  }

  private static MappingMode mode(Optional<MappingNames> mapping) {
    List<MappingMode> named = mapping.map(MappingNames::named).orElse(List.of(MappingMode.VTD));
    if (named.size() > 1) {
      throw new IllegalArgumentException("--stage qemu takes one --mapping at a time");
    }
    return named.getFirst();
  }

  private static Optional<Path> moduleSources() {
    return Optional.ofNullable(System.getProperty("crashlane.home"))
        .map(home -> Path.of(home, "host", "module"))
        .filter(Files::isDirectory);
  }

  private List<Scenario> scenarios(MappingMode mode, Optional<StrategyNames> strategies) {
    List<Scenario> scenarios = new ArrayList<>();
    for (Strategy strategy : strategies.map(StrategyNames::named).orElse(STRATEGIES)) {
      if (strategy == Strategy.IDENTITY) {
        options.hand().hands().forEach(hand -> scenarios.add(Scenario.of(mode, strategy, hand)));
      } else if (STRATEGIES.contains(strategy)) {
        scenarios.add(Scenario.of(mode, strategy));
      } else if (!strategies.equals(Optional.of(StrategyNames.all()))) {
        throw new IllegalArgumentException(
            "--strategy %s needs --stage model: no stock kernel does so (qemu has %s)"
                .formatted(
                    strategy.label(),
                    String.join(", ", STRATEGIES.stream().map(Strategy::label).toList())));
      }
    }
    return scenarios;
  }

  private void report(List<Rehearsal> rehearsals, boolean json) {
    RehearsalReport report = new RehearsalReport(terminal.columns(), terminal.colours());
    if (json) {
      terminal.out().print(JsonReport.text(RehearsalJson.of(rehearsals)));
    } else {
      terminal.out().print(report.table(rehearsals));
      rehearsals.forEach(r -> terminal.out().print("\n" + report.details(r)));
    }
  }

  private static void keepVerdict(Path folder, Rehearsal rehearsal) throws IOException {
    List<Rehearsal> one = List.of(rehearsal);
    RehearsalReport report = new RehearsalReport(KEPT_COLUMNS, Colours.off());
    Files.writeString(
        folder.resolve(KeepDirectory.VERDICT_JSON), JsonReport.text(RehearsalJson.of(one)));
    Files.writeString(
        folder.resolve(KeepDirectory.VERDICT_TEXT),
        report.table(one) + "\n" + report.details(rehearsal));
  }

  /** Of several, only identity promises to hold; the others are there to be seen failing it. */
  private static ExitCode exitCode(List<Rehearsal> rehearsals) {
    if (rehearsals.size() == 1) {
      return ExitCode.of(rehearsals.getFirst().verdict().answer());
    }
    List<Answer> identity =
        rehearsals.stream()
            .filter(r -> r.scenario().strategy() == Strategy.IDENTITY)
            .map(r -> r.verdict().answer())
            .toList();
    return identity.isEmpty() ? ExitCode.UNKNOWN : ExitCode.worst(identity);
  }
}
