// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.crashlane.cli.MatrixRun.Row;
import org.crashlane.cli.RehearseCommand.Form;
import org.crashlane.cli.RehearseCommand.Shown;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.EventText;
import org.crashlane.report.JsonReport;
import org.crashlane.report.MatrixCell;
import org.crashlane.report.MatrixDetails;
import org.crashlane.report.MatrixJson;
import org.crashlane.report.MatrixReport;
import org.crashlane.report.RehearsalReport;

/** {@code crashlane rehearse --stage model}: what is asked for, run and shown. */
final class ModelRehearsals {
  private static final int RUN_LIMIT = 100_000;

  private final Terminal terminal;

  ModelRehearsals(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * {@return the exit code, after all is printed}
   *
   * @param names machines as users name them; none for the built-in ones, one for each mode
   */
  ExitCode run(
      List<String> names,
      Optional<MappingNames> mapping,
      Optional<StrategyNames> strategies,
      ModelOptions options,
      Shown shown)
      throws IOException, InterruptedException {
    if (options.runCount() < 1 || options.runCount() > RUN_LIMIT) {
      throw new IllegalArgumentException(
          "--runs %d: expected 1 to %,d".formatted(options.runCount(), RUN_LIMIT));
    }
    Optional<List<MappingMode>> modes = mapping.map(MappingNames::named);
    boolean json = shown.form() == Form.JSON;
    List<Strategy> columns = strategies.orElseGet(StrategyNames::all).named();
    options.check(columns);
    if (options.explore()) {
      List<MachineSpec> small =
          names.isEmpty()
              ? small(modes)
              : machines(names, modes).stream().map(Row::machine).toList();
      return new Explorations(terminal, options).run(small, columns, json);
    }
    MatrixRun matrix =
        new MatrixRun(
            machines(names, modes),
            columns,
            options.seed(),
            options.runCount(),
            (machine, seed) -> stage(options, machine, seed));
    requireOne(matrix, options, json);
    List<MatrixCell> cells;
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime))) {
      cells = matrix.cells(progress);
    }
    if (options.trace()) {
      terminal.out().println();
    }
    report(cells, shown.form());
    Repetitions commands = new Repetitions(terminal, options);
    if (!json && cells.size() > 1) {
      commands.printNext(matrix, cells);
    } else if (!json && options.schedule().isEmpty() && !options.trace()) {
      commands.print(matrix, cells.getFirst(), shown.form());
    }
    return ExitCode.ofOutcomes(
        cells,
        MatrixCell::strategy,
        cell -> cell.outcome().grade(),
        MatrixCell::answer,
        shown.failOn());
  }

  private static void requireOne(MatrixRun matrix, ModelOptions options, boolean json) {
    if (options.trace() && (matrix.crashCount() != 1 || json)) {
      throw new IllegalArgumentException(
          "--trace is for one machine, one strategy and one run, and not for --json");
    }
    if (options.schedule().isPresent() && matrix.crashCount() != 1) {
      throw new IllegalArgumentException("--schedule is for one machine, one strategy and one run");
    }
  }

  private ModelStage stage(ModelOptions options, MachineSpec machine, long seed) {
    ModelStage stage =
        new ModelStage(machine, seed, options.trace() ? this::traced : Trace.NONE)
            .changing(options::change);
    return options
        .schedule()
        .map(text -> stage.repeating(Schedule.parse(text, seed, machine)))
        .orElse(stage);
  }

  private static List<MachineSpec> small(Optional<List<MappingMode>> modes) {
    return modes.orElseGet(() -> List.of(MappingMode.values())).stream()
        .map(SmallMachine::of)
        .toList();
  }

  private void traced(long step, Supplier<Event> what) {
    terminal.out().println(step + " " + EventText.of(what.get()));
  }

  private static List<Row> machines(List<String> names, Optional<List<MappingMode>> modes)
      throws IOException {
    if (names.isEmpty()) {
      return Row.of(
          modes
              .map(all -> all.stream().map(BuiltInMachines::of).toList())
              .orElseGet(BuiltInMachines::usual));
    }
    List<Row> machines = new ArrayList<>();
    for (String name : names) {
      MachineSpec machine = MachineArgument.read(name);
      if (modes.isEmpty() || modes.get().contains(machine.mode())) {
        machines.add(new Row(name, machine));
      }
    }
    if (machines.isEmpty()) {
      throw new IllegalArgumentException("--mapping leaves none of the machines named");
    }
    return machines;
  }

  private void report(List<MatrixCell> cells, Form form) {
    MatrixReport matrix = new MatrixReport(terminal.columns(), terminal.colours());
    MatrixDetails details = new MatrixDetails(terminal.columns(), terminal.colours());
    RehearsalReport one = new RehearsalReport(terminal.columns(), terminal.colours());
    MatrixCell first = cells.getFirst();
    terminal
        .out()
        .print(
            switch (form) {
              case JSON -> JsonReport.text(MatrixJson.of(cells));
              case SHORT ->
                  cells.size() == 1 ? one.screen(first.worst(), share(first)) : matrix.of(cells);
              case VERBOSE ->
                  cells.size() == 1
                      ? one.details(first.worst(), share(first))
                      : matrix.of(cells) + "\n" + details.of(cells);
            });
  }

  private static String share(MatrixCell cell) {
    int runCount = cell.runs().size();
    String seed = " (seed %d)".formatted(cell.worstSeed());
    return cell.isMixed()
        ? ", in %d of %d seeds%s".formatted(cell.outcomeCount(), runCount, seed)
        : runCount == 1 ? seed : ", in all of %d seeds".formatted(runCount);
  }
}
