// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
      List<List<Future<Rehearsal>>> cells = new ArrayList<>();
      for (Row row : machines) {
        for (Strategy strategy : strategies) {
          List<Future<Rehearsal>> runs = new ArrayList<>();
          for (int run = 0; run < runCount; run++) {
            Callable<Rehearsal> crash = crash(row.machine(), strategy, firstSeed + run);
            runs.add(
                threads.submit(() -> {
                  Rehearsal rehearsal = crash.call();
                  progress.done("crashing", done.incrementAndGet(), crashCount());
                  return rehearsal;
                }));
          }
          cells.add(runs);
        }
      }
      return collect(cells);
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

  private Callable<Rehearsal> crash(MachineSpec machine, Strategy strategy, long seed) {
    Scenario scenario = Scenario.of(machine.mode(), strategy);
    return () ->
        stages
            .of(machine, seed)
            .rehearse(
                scenario,
                _ -> {
                  // one crash takes a moment
                });
  }

  private List<MatrixCell> collect(List<List<Future<Rehearsal>>> cells)
      throws InterruptedException {
    List<MatrixCell> collected = new ArrayList<>();
    for (List<Future<Rehearsal>> runs : cells) {
      List<Rehearsal> rehearsals = new ArrayList<>();
      for (Future<Rehearsal> run : runs) {
        rehearsals.add(result(run));
      }
      String machine = label(row(collected.size()));
      collected.add(new MatrixCell(machine, firstSeed, rehearsals));
    }
    return collected;
  }

  private static Rehearsal result(Future<Rehearsal> run) throws InterruptedException {
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
