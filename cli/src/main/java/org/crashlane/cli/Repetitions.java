// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.model.explore.Failure;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.report.MatrixCell;
import org.crashlane.rule.Verdict.Answer;

/** What went wrong, as commands that show it again with as little as it needs. */
final class Repetitions {
  private final Terminal terminal;
  private final ModelOptions options;

  Repetitions(Terminal terminal, ModelOptions options) {
    this.terminal = terminal;
    this.options = options;
  }

  /**
   * Prints a command for each cell that is not clean.
   *
   * @param names machines as the user named them; none for the built-in ones
   */
  void print(MatrixRun matrix, List<String> names, List<MatrixCell> cells) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      MatrixCell cell = cells.get(i);
      int row = i / matrix.strategies().size();
      MachineSpec machine = matrix.machines().get(row);
      String name = names.size() == matrix.machines().size() ? names.get(row) : machine.name();
      if (cell.answer() != Answer.HOLDS) {
        command(machine, name, cell).ifPresent(lines::add);
      }
    }
    if (!lines.isEmpty()) {
      terminal.out().println("\nTo see it again, with the shortest schedule before the panic:");
      lines.forEach(line -> terminal.out().println("  " + line));
    }
  }

  private Optional<String> command(MachineSpec machine, String name, MatrixCell cell) {
    Scenario scenario = Scenario.of(cell.mode(), cell.strategy());
    ModelStage stage = new ModelStage(machine, cell.worstSeed()).changing(options::change);
    return Failure.of(stage.plan(scenario), cell.worstSeed(), ModelStage.USUAL_STEPS)
        .map(failure ->
            "crashlane rehearse %s --strategy %s%s --seed %d --schedule %s --trace"
                .formatted(
                    name,
                    cell.strategy().label(),
                    options.repeated(),
                    cell.worstSeed(),
                    failure.shrunk().text(machine)));
  }
}
