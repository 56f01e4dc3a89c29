// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rehearsal.Tally;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;

/**
 * One strategy on one machine, crashed once or many times.
 *
 * @param machine the machine's name
 * @param firstSeed the seed of the first run; each further one has the next
 * @param runs at least one, by seed, all of one scenario
 */
public record MatrixCell(String machine, long firstSeed, List<Rehearsal> runs) {

  private static final Comparator<Rehearsal> WORSE =
      Comparator.comparingInt((Rehearsal run) -> rank(run.outcome()))
          .thenComparingInt(run -> rank(run.verdict().answer()))
          .thenComparingLong(MatrixCell::corruptedByteCount);

  public MatrixCell {
    runs = List.copyOf(runs);
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("a cell without runs: " + machine);
    }
  }

  /** {@return how its primary maps DMA} */
  public MappingMode mode() {
    return runs.getFirst().scenario().mode();
  }

  /** {@return what is done about the crash} */
  public Strategy strategy() {
    return runs.getFirst().scenario().strategy();
  }

  /** {@return the worst of its runs, and of equals the first, which has the smallest seed} */
  public Rehearsal worst() {
    Rehearsal worst = runs.getFirst();
    for (Rehearsal run : runs) {
      worst = WORSE.compare(run, worst) > 0 ? run : worst;
    }
    return worst;
  }

  /** {@return the seed of {@link #worst}} */
  public long worstSeed() {
    return firstSeed + runs.indexOf(worst());
  }

  /** {@return what became of the dump and of memory in its worst run} */
  public CrashOutcome outcome() {
    return worst().outcome();
  }

  /** {@return how many runs had the outcome of the worst} */
  public long outcomeCount() {
    return runs.stream().filter(r -> r.outcome().equals(outcome())).count();
  }

  /** {@return true if its runs do not all have the same outcome} */
  public boolean isMixed() {
    return outcomeCount() < runs.size();
  }

  /** {@return the worst of the rule's verdicts on its runs} */
  public Answer answer() {
    return Verdict.worst(runs.stream().map(r -> r.verdict().answer()).toList());
  }

  /** {@return how many runs ended with a dump that is the memory of the panic} */
  public long dumpCount() {
    return runs.stream().filter(r -> r.observations().dump().gotThrough()).count();
  }

  /** {@return what {@code count} says of all runs; 0 where nothing was counted} */
  public long sum(ToLongFunction<Tally> count) {
    return runs.stream().flatMap(r -> r.observations().tally().stream()).mapToLong(count).sum();
  }

  /** No dump is worse than one that differs, and that worse than other memory overwritten. */
  private static int rank(CrashOutcome outcome) {
    int dump =
        switch (outcome.dump()) {
          case WHOLE -> 0;
          case WHOLE_BUT_IOMMU -> 1;
          case NOT_TRIED, NOT_READ -> 2;
          case DIFFERS -> 4;
          case NONE -> 5;
        };
    return outcome.memory() == Memory.OVERWRITTEN ? Math.max(dump, 3) : dump;
  }

  private static int rank(Answer answer) {
    return switch (answer) {
      case HOLDS -> 0;
      case UNKNOWN -> 1;
      case BROKEN -> 2;
    };
  }

  private static long corruptedByteCount(Rehearsal run) {
    return run.observations().tally().map(Tally::corruptedByteCount).orElse(0L);
  }
}
