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
    List<MachineSpec> machines,
    List<Strategy> strategies,
    long firstSeed,
    int runCount,
    Stages stages) {

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
      for (MachineSpec machine : machines) {
        for (Strategy strategy : strategies) {
          List<Future<Rehearsal>> runs = new ArrayList<>();
          for (int run = 0; run < runCount; run++) {
            Callable<Rehearsal> crash = crash(machine, strategy, firstSeed + run);
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

  /** {@return the machine of a cell} */
  MachineSpec machine(MatrixCell cell) {
    return machines.get(index(cell));
  }

  /**
   * {@return what the user called the machine of a cell}
   *
   * @param names what machines were named by; none for the built-in ones
   */
  String nameOf(MatrixCell cell, List<String> names) {
    return names.size() == machines.size() ? names.get(index(cell)) : cell.machine();
  }

  private int index(MatrixCell cell) {
    return machines.stream().map(MachineSpec::name).toList().indexOf(cell.machine());
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
      String machine = machines.get(collected.size() / strategies.size()).name();
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
