// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Outcome;

/**
 * Makes a case that differs smaller: leaves out words, then bits of words, then bits of the
 * address, for as long as it differs in the same way.
 */
final class Shrinker {
  private static final int MAX_TRIALS = 3000;

  private final Trial trial;
  private int trialsLeft = MAX_TRIALS;

  /** Tries a case. */
  @FunctionalInterface
  interface Trial {
    /** {@return what differs} */
    List<Difference> differences(ProbeCase tables) throws IOException;
  }

  Shrinker(Trial trial) {
    this.trial = trial;
  }

  Difference shrink(Difference found) throws IOException {
    Difference smallest = found;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (ProbeCase candidate : smallerThan(smallest.probe().tables())) {
        Optional<Difference> still = tryOut(candidate, smallest);
        if (still.isPresent()) {
          smallest = still.get();
          smaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  private Optional<Difference> tryOut(ProbeCase candidate, Difference like) throws IOException {
    if (trialsLeft == 0) {
      return Optional.empty();
    }
    trialsLeft--;
    return trial.differences(candidate).stream()
        .filter(difference -> kind(difference).equals(kind(like)))
        .findFirst();
  }

  /** Another kind of difference would be another finding, or no finding: memory that is none. */
  private static List<Object> kind(Difference difference) {
    Object said =
        switch (difference.outcome()) {
          case Outcome.Blocked(var fault) -> fault.reason();
          case Outcome.Reached _, Outcome.Interrupt _, Outcome.Unknown _ ->
              difference.outcome().getClass();
        };
    Object seen =
        switch (difference.probe().observed()) {
          case Observation.Faulted fault -> fault.reason();
          case Observation.Landed _, Observation.Nothing _ ->
              difference.probe().observed().getClass();
        };
    return List.of(difference.probe().access(), said, seen);
  }

  private static List<ProbeCase> smallerThan(ProbeCase tables) {
    List<ProbeCase> smaller = new ArrayList<>();
    for (int i = 0; i < tables.words().size(); i++) {
      List<TableWord> fewer = new ArrayList<>(tables.words());
      fewer.remove(i);
      smaller.add(new ProbeCase(tables.id(), tables.root(), fewer, tables.iova()));
    }
    for (int i = 0; i < tables.words().size(); i++) {
      TableWord word = tables.words().get(i);
      for (long bits = word.value(); bits != 0; bits &= bits - 1) {
        List<TableWord> simpler = new ArrayList<>(tables.words());
        simpler.set(i, new TableWord(word.address(), word.value() ^ Long.lowestOneBit(bits)));
        smaller.add(new ProbeCase(tables.id(), tables.root(), simpler, tables.iova()));
      }
    }
    for (long bits = tables.iova(); bits != 0; bits &= bits - 1) {
      long iova = tables.iova() ^ Long.lowestOneBit(bits);
      smaller.add(new ProbeCase(tables.id(), tables.root(), tables.words(), iova));
    }
    return smaller;
  }
}
