// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.crashlane.report.Colours.Style;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Verdict;

/**
 * Lines with a label each: the result first, then the rule, then what to change.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
record Screen(int width, Colours colours) {
  static final String RESULT = "RESULT";
  static final String NOTE = "NOTE";
  static final String FIX = "FIX";

  private static final String RULE = "RULE";
  private static final String MORE = "MORE";
  private static final int LABEL = 10;
  static final int FIXES_MAX = 3;

  /** Appends a text after a label; what does not fit goes on below it. */
  void append(StringBuilder out, String label, Style style, String text) {
    String before = colours.paint(Style.STRONG, label) + " ".repeat(LABEL - label.length());
    for (String line : Wrap.lines(text, width - LABEL)) {
      out.append(before).append(colours.paint(style, line)).append('\n');
      before = " ".repeat(LABEL);
    }
  }

  /** Appends whether the rule is kept, and why not: {@code text} where there is more to say. */
  void appendRule(StringBuilder out, Verdict.Answer answer, String text) {
    append(out, RULE, TextReport.styleOf(answer), text);
  }

  /** Appends what to do, each with its number. */
  void appendFixes(StringBuilder out, List<String> fixes) {
    IntStream.range(0, fixes.size())
        .forEach(i -> append(out, i == 0 ? FIX : "", Style.PLAIN, (i + 1) + "  " + fixes.get(i)));
  }

  /** Appends what explains the codes of {@code causes}, if there are any. */
  void appendMore(StringBuilder out, List<Finding> causes) {
    if (!causes.isEmpty()) {
      append(out, MORE, Style.PLAIN, "crashlane explain " + codes(causes));
    }
  }

  /** {@return the answer, with the codes of what decides it, and the first of that in words} */
  static String rule(Verdict.Answer answer, List<Finding> causes) {
    return rule(
        answer,
        causes,
        causes.isEmpty() ? "" : CodeExplanation.of(causes.getFirst().code()).title());
  }

  /** As above, with {@code title} for the first cause. */
  static String rule(Verdict.Answer answer, List<Finding> causes, String title) {
    return causes.isEmpty() ? answer.name() : "%s  %s: %s".formatted(answer, codes(causes), title);
  }

  /** {@return what helps, the first preferred} */
  static List<String> fixes(List<Finding> causes) {
    return fixes(causes, _ -> true);
  }

  /** As above, of the remedies that {@code which} is true of. */
  static List<String> fixes(List<Finding> causes, Predicate<Remedy> which) {
    return causes.stream()
        .flatMap(f -> f.remedies().stream())
        .filter(r -> r != Remedy.Step.FIX_OTHERS && which.test(r))
        .distinct()
        .limit(FIXES_MAX)
        .map(RemedyText::of)
        .toList();
  }

  private static String codes(List<Finding> findings) {
    return findings.stream().map(f -> f.code().name()).distinct().collect(Collectors.joining(" "));
  }
}
