// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.crashlane.cli.RehearseCommand.Form;
import org.crashlane.cli.RehearseCommand.Shown;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.KeepDirectory;
import org.crashlane.guest.lab.QemuStage;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours;
import org.crashlane.report.JsonReport;
import org.crashlane.report.RehearsalJson;
import org.crashlane.report.RehearsalReport;
import tools.jackson.databind.JsonNode;

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

  /** What is rehearsed behind one IOMMU. */
  record Round(GuestConfig config, List<Scenario> scenarios, Optional<KeepDirectory> kept) {
    Set<LabKernel> kernels() {
      return config.kernels(scenarios.stream().map(Scenario::strategy).toList());
    }

    Round with(List<Scenario> others) {
      return new Round(config, others, kept);
    }
  }

  /** {@return the exit code, after all is printed} */
  ExitCode run(Optional<MappingNames> mapping, Optional<StrategyNames> strategies, Shown shown)
      throws IOException, InterruptedException {
    List<MappingMode> modes = mapping.map(MappingNames::named).orElse(List.of(MappingMode.VTD));
    if (options.isOfEachSeries()) {
      return new SeriesRun(terminal, options, this)
          .run(modes, mode -> scenarios(mode, strategies), shown);
    }
    List<Round> rounds = new ArrayList<>();
    for (MappingMode mode : modes) {
      rounds.add(
          round(options.config(mode), scenarios(mode, strategies), kept(mode, modes.size())));
    }
    if (options.isSmallestAsked()) {
      return smallest(rounds, shown.form());
    }
    List<Rehearsal> rehearsals = new ArrayList<>();
    try {
      for (Round round : rounds) {
        rehearse(round, rehearsals);
      }
    } finally {
      // What is judged is said, also where a later one cannot be.
      if (!rehearsals.isEmpty()) {
        report(rehearsals, shown.form());
      }
    }
    List<IOException> problems =
        rounds.stream()
            .flatMap(r -> r.kept().stream())
            .flatMap(k -> k.problems().stream())
            .toList();
    if (problems.isEmpty()) {
      return ExitCode.ofOutcomes(
          rehearsals,
          r -> r.scenario().strategy(),
          r -> r.outcome().grade(),
          r -> r.verdict().answer(),
          shown.failOn());
    }
    terminal.complain(
        "not all is kept: %s%s"
            .formatted(
                Failure.describe(problems.getFirst()),
                problems.size() == 1 ? "" : " (and %d more)".formatted(problems.size() - 1)));
    return ExitCode.BAD_INPUT;
  }

  private ExitCode smallest(List<Round> rounds, Form form)
      throws IOException, InterruptedException {
    List<JsonNode> found = new ArrayList<>();
    for (Round round : rounds) {
      for (Scenario scenario : round.scenarios()) {
        found.add(SmallestCrashkernel.of(this, round.config(), scenario));
      }
    }
    SmallestCrashkernel.print(found, form, terminal);
    return ExitCode.HOLDS;
  }

  /** {@return a round that can be: what cannot is refused before anything is made} */
  static Round round(GuestConfig config, List<Scenario> scenarios, Optional<KeepDirectory> kept) {
    config.kernels(scenarios.stream().map(Scenario::strategy).toList());
    return new Round(config, scenarios, kept);
  }

  private Optional<KeepDirectory> kept(MappingMode mode, int modeCount) throws IOException {
    if (options.keep().isEmpty()) {
      return Optional.empty();
    }
    Path directory = options.keep().get();
    return Optional.of(
        KeepDirectory.open(modeCount == 1 ? directory : directory.resolve(mode.label())));
  }

  /** Rehearses what there is of {@code wanted}, and adds it to {@code rehearsals} one by one. */
  void rehearse(Round asked, List<Rehearsal> rehearsals) throws IOException, InterruptedException {
    Round wanted = withoutWhatIsRefused(asked);
    LabParts parts =
        Parts.inUsersCache(terminal::complain)
            .withQemu(options.qemu(), options.accelerator())
            .prepare(
                wanted.kernels(),
                wanted.config().hardware().devices().drivers(),
                moduleSources()
                    .filter(_ -> wanted.scenarios().stream().anyMatch(QemuRehearsals::isInside)));
    Round round = withoutWhatIsMissing(wanted, parts);
    Stage qemu = new QemuStage(parts, round.config(), round.kept());
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime))) {
      int number = 0;
      for (Scenario scenario : round.scenarios()) {
        int current = ++number;
        Rehearsal rehearsal =
            qemu.rehearse(
                scenario, what -> progress.update(what, current, round.scenarios().size()));
        rehearsals.add(rehearsal);
        round.kept().ifPresent(k -> k.keep(scenario, folder -> keepVerdict(folder, rehearsal)));
      }
    }
  }

  /** What cannot be armed so is left out where something else is left, and a line says so. */
  private Round withoutWhatIsRefused(Round round) {
    List<Scenario> possible =
        round.scenarios().stream()
            .filter(s -> s.hand().stream().allMatch(round.config()::isArmedBy))
            .toList();
    if (possible.size() == round.scenarios().size()) {
      return round;
    }
    String why =
        "--caching-mode: the IOMMU may hold that an entry is not present, so that only the guest's"
            + " own kernel can arm it";
    if (possible.isEmpty()) {
      throw new IllegalArgumentException(why + ": --hand inside");
    }
    terminal.complain(why + "; arming from outside is left out");
    return round.with(possible);
  }

  /** The inside hand goes where its module could not be built; the others stay. */
  private static Round withoutWhatIsMissing(Round round, LabParts parts)
      throws PartsUnavailableException {
    LabKernel primary = round.config().kernels().primary();
    if (parts.kernel(primary).handModule().isPresent()) {
      return round;
    }
    List<Scenario> possible = round.scenarios().stream().filter(s -> !isInside(s)).toList();
    if (possible.isEmpty()) {
      throw new PartsUnavailableException(
          "nothing is left to rehearse: arming from inside needs the kernel module");
    }
    return round.with(possible);
  }

  private static boolean isInside(Scenario scenario) {
    return scenario.hand().equals(Optional.of(HandKind.INSIDE));
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

  private void report(List<Rehearsal> rehearsals, Form form) {
    if (form == Form.JSON) {
      terminal.out().print(JsonReport.text(RehearsalJson.of(rehearsals)));
      return;
    }
    RehearsalReport report = new RehearsalReport(terminal.columns(), terminal.colours());
    Map<MappingMode, List<Rehearsal>> byMode =
        rehearsals.stream()
            .collect(
                Collectors.groupingBy(r -> r.scenario().mode(), TreeMap::new, Collectors.toList()));
    byMode.forEach((mode, its) -> {
      if (byMode.size() > 1) {
        terminal.out().print(mode.label() + ":\n");
      }
      terminal.out().print(report.table(its));
      its.forEach(r ->
          terminal
              .out()
              .print("\n" + (form == Form.VERBOSE ? report.details(r, "") : report.screen(r, ""))));
      if (byMode.size() > 1) {
        terminal.out().print("\n");
      }
    });
  }

  private static void keepVerdict(Path folder, Rehearsal rehearsal) throws IOException {
    List<Rehearsal> one = List.of(rehearsal);
    RehearsalReport report = new RehearsalReport(KEPT_COLUMNS, Colours.off());
    KeepDirectory.writeText(
        folder.resolve(KeepDirectory.VERDICT_JSON), JsonReport.text(RehearsalJson.of(one)));
    KeepDirectory.writeText(
        folder.resolve(KeepDirectory.VERDICT_TEXT),
        report.table(one) + "\n" + report.details(rehearsal, ""));
  }
}
