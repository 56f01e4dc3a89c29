// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.crashlane.cli.MatrixRun.Row;
import org.crashlane.cli.RehearseCommand.Form;
import org.crashlane.model.explore.Failure;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.CrashOutcome.Dump;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.MatrixCell;

/** Commands to go on with: what shows a crash again, and which to look at next. */
final class Repetitions {
  private final Terminal terminal;
  private final ModelOptions options;

  Repetitions(Terminal terminal, ModelOptions options) {
    this.terminal = terminal;
    this.options = options;
  }

  /** Prints how the worst run of {@code cell}, the only one, is seen again, in full. */
  void print(MatrixRun matrix, MatrixCell cell, Form form) {
    Row row = matrix.row(0);
    Optional<String> shortest = form == Form.VERBOSE ? shortest(row, cell) : Optional.empty();
    String command =
        shortest.orElseGet(() -> command(row, cell) + " --seed " + cell.worstSeed() + " --trace");
    terminal.out().println("AGAIN     " + command);
  }

  /** Prints which cell of several to look at: mainline's where that is bad, or else another bad. */
  void printNext(MatrixRun matrix, List<MatrixCell> cells) {
    Comparator<MatrixCell> worthFirst =
        Comparator.comparing((MatrixCell c) -> c.outcome().grade() != Grade.BAD)
            .thenComparing(c -> c.strategy() != Strategy.ADOPT)
            .thenComparing(c -> c.outcome().dump() != Dump.NONE);
    int next =
        IntStream.range(0, cells.size())
            .boxed()
            .min(Comparator.comparing(cells::get, worthFirst))
            .orElseThrow();
    terminal.out().println("NEXT   " + command(matrix.row(next), cells.get(next)));
  }

  private String command(Row row, MatrixCell cell) {
    return "crashlane rehearse %s --strategy %s%s"
        .formatted(row.argument(), cell.strategy().label(), options.repeated());
  }

  private Optional<String> shortest(Row row, MatrixCell cell) {
    MachineSpec machine = row.machine();
    Scenario scenario = Scenario.of(cell.mode(), cell.strategy());
    ModelStage stage = new ModelStage(machine, cell.worstSeed()).changing(options::change);
    return Failure.of(stage.plan(scenario), cell.worstSeed(), ModelStage.USUAL_STEPS)
        .map(failure ->
            "%s --seed %d --schedule %s --trace"
                .formatted(command(row, cell), cell.worstSeed(), failure.shrunk().text(machine)));
  }
}
