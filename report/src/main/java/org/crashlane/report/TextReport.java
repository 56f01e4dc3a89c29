// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.crashlane.memory.AddressRange;
import org.crashlane.report.Colours.Style;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/**
 * Verdicts for people: the answer first, then each finding with what shows it and what to do.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record TextReport(int width, Colours colours) {
  private static final int INDENT = 4;
  private static final int LABEL = 10;
  private static final int FURTHER_IN = 2;
  private static final int NARROWEST = 40;
  private static final String GAP = "  ";

  public TextReport {
    width = Math.max(width, NARROWEST);
  }

  /** {@return the verdict and its findings, each line ended by a line feed} */
  public String of(Verdict verdict) {
    StringBuilder out = new StringBuilder(answerLine(verdict));
    verdict.findings().forEach(finding -> append(out.append('\n'), finding));
    return out.toString();
  }

  /** {@return the answer and how many findings of each severity there are, in one line} */
  public String answerLine(Verdict verdict) {
    Verdict.Answer answer = verdict.answer();
    return colours.paint(styleOf(answer), answer.name()) + "  " + counts(verdict) + "\n";
  }

  /** {@return the style of an answer} */
  public static Style styleOf(Verdict.Answer answer) {
    return switch (answer) {
      case HOLDS -> Style.GOOD;
      case BROKEN -> Style.BAD;
      case UNKNOWN -> Style.DOUBTFUL;
    };
  }

  private static Style styleOf(Severity severity) {
    return switch (severity) {
      case NOTE -> Style.FAINT;
      case UNKNOWN -> Style.DOUBTFUL;
      case BROKEN -> Style.BAD;
    };
  }

  private static String counts(Verdict verdict) {
    List<String> parts = new ArrayList<>();
    for (Severity severity : Arrays.asList(Severity.values()).reversed()) {
      long count = verdict.findings().stream().filter(f -> f.severity() == severity).count();
      if (count > 0) {
        String word = severity.name().toLowerCase(Locale.ROOT);
        parts.add(count + " " + (severity == Severity.NOTE && count > 1 ? word + "s" : word));
      }
    }
    return parts.isEmpty() ? "nothing found" : String.join(", ", parts);
  }

  private void append(StringBuilder out, Finding finding) {
    Style style = styleOf(finding.severity());
    String code = finding.code().name();
    String severity = finding.severity().name().toLowerCase(Locale.ROOT);
    int indent = code.length() + severity.length() + 2 * GAP.length();
    String before = colours.paint(style, code) + GAP + colours.paint(style, severity) + GAP;
    for (String line : Wrap.lines(SubjectText.of(finding.subject()), width - indent)) {
      out.append(before).append(colours.paint(Style.STRONG, line)).append('\n');
      before = " ".repeat(indent);
    }
    appendBlock(out, "", List.of(finding.code().brokenWhen()));
    appendBlock(out, "range", finding.ranges().stream().map(TextReport::withSize).toList());
    appendBlock(out, "evidence", finding.evidence().stream().map(EvidenceText::of).toList());
    appendBlock(
        out,
        "remedy",
        finding.remedies().isEmpty() ? List.of() : List.of(RemedyText.of(finding.remedies())));
  }

  /** Texts one below the other behind a label; what does not fit goes on a step further in. */
  private void appendBlock(StringBuilder out, String label, List<String> texts) {
    int indent = label.isEmpty() ? INDENT : INDENT + LABEL;
    String goingOn = " ".repeat(indent + (label.isEmpty() ? 0 : FURTHER_IN));
    String before = " ".repeat(INDENT) + label + " ".repeat(indent - INDENT - label.length());
    for (String text : texts) {
      for (String line : Wrap.lines(text, width - goingOn.length())) {
        out.append((before + line).stripTrailing()).append('\n');
        before = goingOn;
      }
      before = " ".repeat(indent);
    }
  }

  private static String withSize(AddressRange range) {
    return range + " (" + Sizes.binary(range.sizeBytes()) + ")";
  }
}
