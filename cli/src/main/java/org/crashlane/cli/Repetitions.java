// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

  /** Prints how the worst run of {@code cell} is seen again, in full. */
  void print(MatrixRun matrix, List<String> names, MatrixCell cell, Form form) {
    MachineSpec machine = matrix.machine(cell);
    String name = matrix.nameOf(cell, names);
    Optional<String> shortest =
        form == Form.VERBOSE ? shortest(machine, name, cell) : Optional.empty();
    String command =
        shortest.orElseGet(() -> command(name, cell) + " --seed " + cell.worstSeed() + " --trace");
    terminal.out().println("AGAIN     " + command);
  }

  /** Prints which cell of several to look at: mainline's where that is bad, or else another bad. */
  void printNext(MatrixRun matrix, List<String> names, List<MatrixCell> cells) {
    Comparator<MatrixCell> worthFirst =
        Comparator.comparing((MatrixCell c) -> c.outcome().grade() != Grade.BAD)
            .thenComparing(c -> c.strategy() != Strategy.ADOPT)
            .thenComparing(c -> c.outcome().dump() != Dump.NONE);
    MatrixCell next = cells.stream().min(worthFirst).orElseThrow();
    terminal.out().println("NEXT   " + command(matrix.nameOf(next, names), next));
  }

  private String command(String name, MatrixCell cell) {
    return "crashlane rehearse %s --strategy %s%s"
        .formatted(name, cell.strategy().label(), options.repeated());
  }

  private Optional<String> shortest(MachineSpec machine, String name, MatrixCell cell) {
    Scenario scenario = Scenario.of(cell.mode(), cell.strategy());
    ModelStage stage = new ModelStage(machine, cell.worstSeed()).changing(options::change);
    return Failure.of(stage.plan(scenario), cell.worstSeed(), ModelStage.USUAL_STEPS)
        .map(failure ->
            "%s --seed %d --schedule %s --trace"
                .formatted(command(name, cell), cell.worstSeed(), failure.shrunk().text(machine)));
  }
}
