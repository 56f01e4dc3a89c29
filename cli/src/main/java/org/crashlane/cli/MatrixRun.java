// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.MatrixCell;

/**
 * Machines by strategies by seeds, on all processors. No crash knows of another, so that the order
 * in which they are done does not show.
 *
 * @param machines the rows
 * @param strategies the columns
 * @param firstSeed the seed of each cell's first run
 * @param runCount how many runs each cell has, at least 1
 * @param stages makes the stage for a machine and a seed
 */
record MatrixRun(
    List<Row> machines, List<Strategy> strategies, long firstSeed, int runCount, Stages stages) {

  /**
   * A machine.
   *
   * @param argument what the user called it
   * @param machine what it is
   */
  record Row(String argument, MachineSpec machine) {
    /** Machines that were named, not read from a file of the user's. */
    static List<Row> of(List<MachineSpec> machines) {
      return machines.stream().map(machine -> new Row(machine.name(), machine)).toList();
    }
  }

  /** Where a machine is crashed. */
  interface Stages {
    /** {@return the stage for one run} */
    ModelStage of(MachineSpec machine, long seed);
  }

  /** {@return how many crashes there are} */
  long crashCount() {
    return (long) machines.size() * strategies.size() * runCount;
  }

  /** {@return what came of them, by machine, then by strategy} */
  List<MatrixCell> cells(TickingProgress progress) throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    ExecutorService threads =
        Executors.newFixedThreadPool((int) Math.min(processors, crashCount()));
    try {
      AtomicInteger done = new AtomicInteger();
      List<List<Future<List<Rehearsal>>>> rows = new ArrayList<>();
      for (Row row : machines) {
        List<Future<List<Rehearsal>>> runs = new ArrayList<>();
        for (int run = 0; run < runCount; run++) {
          long seed = firstSeed + run;
          runs.add(
              threads.submit(() -> {
                List<Rehearsal> rehearsals = crash(row.machine(), seed);
                progress.done("crashing", done.addAndGet(rehearsals.size()), crashCount());
                return rehearsals;
              }));
        }
        rows.add(runs);
      }
      return collect(rows);
    } finally {
      // One that failed ends the whole: the others are for nothing.
      threads.shutdownNow();
    }
  }

  /** {@return the machine of the cell that comes after {@code index} others} */
  Row row(int index) {
    return machines.get(index / strategies.size());
  }

  /** {@return the machine's name, or what the user called it where others have that name too} */
  private String label(Row row) {
    String name = row.machine().name();
    long count = machines.stream().filter(other -> other.machine().name().equals(name)).count();
    return count == 1 ? name : row.argument();
  }

  private List<Rehearsal> crash(MachineSpec machine, long seed) {
    return stages
        .of(machine, seed)
        .rehearse(strategies.stream().map(s -> Scenario.of(machine.mode(), s)).toList());
  }

  private List<MatrixCell> collect(List<List<Future<List<Rehearsal>>>> rows)
      throws InterruptedException {
    List<MatrixCell> cells = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      List<List<Rehearsal>> runs = new ArrayList<>();
      for (Future<List<Rehearsal>> run : rows.get(row)) {
        runs.add(result(run));
      }
      String machine = label(machines.get(row));
      for (int column = 0; column < strategies.size(); column++) {
        int of = column;
        cells.add(new MatrixCell(machine, firstSeed, runs.stream().map(r -> r.get(of)).toList()));
      }
    }
    return cells;
  }

  private static List<Rehearsal> result(Future<List<Rehearsal>> run) throws InterruptedException {
    try {
      return run.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException defect -> throw defect;
        case Error defect -> throw defect;
        default -> throw new IllegalStateException("the model failed", e.getCause());
      }
    }
  }
}
