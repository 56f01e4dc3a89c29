// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.Ranges;
import org.crashlane.model.crash.Action;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.explore.Exploration;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.EventText;
import org.crashlane.report.JsonReport;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;

/** {@code crashlane rehearse --explore}: every order of things, and the shortest ways to harm. */
final class Explorations {
  /** Every page is looked at in every state: more would take hours. */
  private static final long RAM_BYTES_MAX = 2 << 20;

  private final Terminal terminal;
  private final ModelOptions options;

  Explorations(Terminal terminal, ModelOptions options) {
    this.terminal = terminal;
    this.options = options;
  }

  /** {@return the exit code, after all is printed} */
  ExitCode run(List<MachineSpec> machines, List<Strategy> strategies, boolean json)
      throws InterruptedException {
    machines.forEach(Explorations::requireSmall);
    List<Exploration> explored = new ArrayList<>();
    int count = machines.size() * strategies.size();
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime))) {
      for (MachineSpec machine : machines) {
        for (Strategy strategy : strategies) {
          String what = "exploring " + machine.name() + ", " + strategy.label();
          int number = explored.size() + 1;
          explored.add(
              Explorer.explore(
                  options.change(SmallMachine.plan(machine, strategy)),
                  options.limits(),
                  states ->
                      progress.update("%s, %,d states".formatted(what, states), number, count)));
        }
      }
    }
    if (json) {
      terminal.out().print(JsonReport.text(ExplorationJson.of(explored)));
    } else {
      print(explored);
    }
    return ExitCode.of(explored, e -> e.plan().strategy(), Exploration::answer);
  }

  private static void requireSmall(MachineSpec machine) {
    long bytes = Ranges.sizeBytes(machine.ram());
    if (bytes > RAM_BYTES_MAX) {
      throw new IllegalArgumentException(
          "%s has %,d KiB of memory, and --explore takes at most %,d KiB; '--explore --mapping %s'"
                  .formatted(
                      machine.name(), bytes >> 10, RAM_BYTES_MAX >> 10, machine.mode().label())
              + " has a small machine of its mode");
    }
  }

  private void print(List<Exploration> explored) {
    Table table =
        Table.of(
            Column.left("machine"),
            Column.left("strategy"),
            Column.right("states"),
            Column.right("transitions"),
            Column.right("depth"),
            Column.right("dumps"),
            Column.right("dumps lost"),
            Column.left("violations"));
    explored.forEach(e -> table.row(row(e)));
    terminal.out().print(table.render(terminal.columns(), terminal.colours()));
    explored.forEach(e -> e.counterexamples().forEach(c -> print(e, c)));
  }

  private static List<Cell> row(Exploration e) {
    return List.of(
        new Cell(e.plan().machine().name(), Style.STRONG),
        Cell.of(e.plan().strategy().label()),
        Cell.of("%,d".formatted(e.stateCount())),
        Cell.of("%,d".formatted(e.transitionCount())),
        Cell.of("" + e.depth()),
        Cell.of("%,d".formatted(e.dumpCount())),
        Cell.of("%,d".formatted(e.lostCount())),
        violations(e));
  }

  private static Cell violations(Exploration e) {
    if (e.counterexamples().isEmpty()) {
      return e.isComplete()
          ? new Cell("no violation", Style.GOOD)
          : new Cell("no violation so far: stopped at the limit", Style.DOUBTFUL);
    }
    int count = e.counterexamples().size();
    String kinds = count + (count == 1 ? " kind" : " kinds");
    return new Cell(e.isComplete() ? kinds : kinds + ", stopped at the limit", Style.BAD);
  }

  private void print(Exploration e, Counterexample c) {
    terminal
        .out()
        .printf(
            "%n%s, %s: %s, after %d steps%n",
            e.plan().machine().name(),
            e.plan().strategy().label(),
            c.violation().kind().meaning(),
            c.actions().size());
    trace(c, e.plan().machine()).forEach(line -> terminal.out().println("  " + line));
  }

  /** {@return each step of the way, and below it what happens, one line each} */
  static List<String> trace(Counterexample example, MachineSpec machine) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < example.actions().size(); i++) {
      lines.add("%d %s".formatted(i + 1, Action.text(example.actions().get(i), machine)));
      example.trace().get(i).forEach(event -> lines.add("    " + EventText.of(event)));
    }
    return lines;
  }
}
