// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What somebody who mistyped a name may have meant. */
public final class NearestName {
  private static final int LETTERS_PER_MISTAKE = 3;
  private static final int LONGEST = 64;
  private static final int SHOWN = 32;

  private NearestName() {}

  /** {@return the one of {@code names} that is a slip or two from {@code word}, if there is one} */
  public static Optional<String> of(String word, Collection<String> names) {
    if (word.length() > LONGEST) {
      return Optional.empty();
    }
    String lower = word.toLowerCase(Locale.ROOT);
    return names.stream()
        .filter(name -> slips(lower, name) <= 1 + name.length() / LETTERS_PER_MISTAKE / 2)
        .min(Comparator.comparingInt(name -> slips(lower, name)));
  }

  /** {@return the names in a row, and the nearest to {@code word} as a question} */
  public static String choices(String word, Collection<String> names) {
    String more = names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "";
    return (names.size() == 1 ? "there is " : "there are ")
        + names.stream().limit(SHOWN).collect(Collectors.joining(", "))
        + more
        + of(word, names).map(name -> "; did you mean '" + name + "'?").orElse("");
  }

  private static int slips(String lower, String name) {
    return distance(lower, name.toLowerCase(Locale.ROOT));
  }

  /** {@return letters to insert, remove or replace, and neighbours to swap, between the two} */
  private static int distance(String from, String to) {
    int[] beforeLast = new int[to.length() + 1];
    int[] last = IntStream.rangeClosed(0, to.length()).toArray();
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        row[j] = Math.min(last[j - 1] + (same ? 0 : 1), 1 + Math.min(last[j], row[j - 1]));
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      beforeLast = last;
      last = row;
    }
    return last[to.length()];
  }
}
