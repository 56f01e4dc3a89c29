// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;

/**
 * Rehearsals for people: what became of the dump, why, and what to change; then whether the rule
 * was kept.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record RehearsalReport(int width, Colours colours) {
  /** {@return the table of {@code rehearsals}, each line ended by a line feed} */
  public String table(List<Rehearsal> rehearsals) {
    Table table =
        Table.of(
            Column.left("strategy"),
            Column.left("result"),
            Column.right("pages equal"),
            Column.right("faults"),
            Column.right("seconds"),
            Column.left("rule"));
    rehearsals.forEach(r -> table.row(row(r)));
    return table.render(width, colours);
  }

  private static List<Cell> row(Rehearsal rehearsal) {
    DumpOutcome dump = rehearsal.observations().dump();
    CrashOutcome outcome = rehearsal.outcome();
    return List.of(
        new Cell(rehearsal.scenario().label(), Style.STRONG),
        new Cell(OutcomeText.word(outcome), OutcomeText.style(outcome)),
        Cell.of(dump instanceof Written w ? "%,d".formatted(w.comparedPageCount()) : "-"),
        Cell.of("" + rehearsal.observations().faultsAfterCrash().size()),
        Cell.of("" + rehearsal.wallTime().toSeconds()),
        new Cell(ruleOf(rehearsal), TextReport.styleOf(rehearsal.verdict().answer())));
  }

  private static String ruleOf(Rehearsal rehearsal) {
    String broken = codes(rehearsal, f -> f.severity() != Severity.NOTE);
    // While translation runs, in-flight DMA is no hazard, and every machine has some.
    String hazards =
        rehearsal.observations().translatingAtEnd()
            ? ""
            : codes(rehearsal, f -> f.severity() == Severity.NOTE);
    String text = rehearsal.verdict().answer() + " " + broken;
    return (hazards.isEmpty() ? text : text + " (" + hazards + ")").stripTrailing();
  }

  private static String codes(Rehearsal rehearsal, Predicate<Finding> which) {
    return rehearsal.verdict().findings().stream()
        .filter(which)
        .map(f -> f.code().name())
        .distinct()
        .collect(Collectors.joining(" "));
  }

  /**
   * {@return one rehearsal on one screen}
   *
   * @param share in how many of how many runs it came out so; empty where there was one run
   */
  public String screen(Rehearsal rehearsal, String share) {
    StringBuilder out = new StringBuilder(heading(rehearsal));
    Screen screen = new Screen(width, colours);
    CrashOutcome outcome = rehearsal.outcome();
    screen.append(
        out,
        Screen.RESULT,
        OutcomeText.style(outcome),
        OutcomeText.word(outcome) + "  " + OutcomeText.sentence(outcome) + share);
    Observations seen = rehearsal.observations();
    screen.append(out, "  dump", Style.PLAIN, atLength(seen.dump()));
    switch (seen.account()) {
      case Tally tally -> screen.append(out, "  memory", Style.PLAIN, counted(tally));
      case Observations.Kernels kernels -> {
        String release = kernels.release().isEmpty() ? "" : kernels.release() + ": ";
        screen.append(out, "  kernel", Style.PLAIN, release + kernels.primaryArguments());
        screen.append(out, "  capture", Style.PLAIN, kernels.captureArguments());
      }
    }
    iommu(rehearsal).forEach(line -> screen.append(out, "  IOMMU", Style.PLAIN, line));
    RequestPaths.of(rehearsal)
        .forEach((label, path) -> screen.append(out, label, Style.PLAIN, path));
    if (!rehearsal.asPredicted()) {
      screen.append(
          out,
          Screen.NOTE,
          Style.DOUBTFUL,
          "not what the tables predict: " + expected(rehearsal.prediction()));
    }
    List<Finding> causes = OutcomeText.causesFirst(rehearsal);
    Answer answer = rehearsal.verdict().answer();
    screen.appendRule(out, answer, Screen.rule(answer, causes));
    appendFixes(screen, out, rehearsal, causes);
    screen.appendMore(out, causes);
    return out.toString();
  }

  private String heading(Rehearsal rehearsal) {
    return String.join(
            "\n",
            Wrap.lines(
                rehearsal.scenario().label() + ": " + rehearsal.scenario().strategy().meaning(),
                width))
        + "\n";
  }

  /** {@return what the capture kernel and devices met of the IOMMU, in a line each} */
  private static List<String> iommu(Rehearsal rehearsal) {
    Observations seen = rehearsal.observations();
    List<String> lines = new ArrayList<>();
    if (!seen.registerWritesAfterCrash().isEmpty()) {
      lines.add(
          "the capture kernel %s; translation was %s at the end"
              .formatted(
                  EvidenceText.of(seen.registerWritesAfterCrash().getFirst()),
                  seen.translatingAtEnd() ? "on" : "off"));
    } else if (!seen.detection().isEmpty()) {
      lines.add("the capture kernel " + EvidenceText.of(seen.detection().getFirst()));
    }
    if (!seen.faultsAfterCrash().isEmpty()) {
      lines.add(
          "%,d %s after the panic; first: %s"
              .formatted(
                  seen.faultsAfterCrash().size(),
                  seen.faultsAfterCrash().size() == 1 ? "fault" : "faults",
                  EvidenceText.of(seen.faultsAfterCrash().getFirst())));
    }
    return lines;
  }

  /** Appends what helps; of a good outcome, what the rule asks besides. */
  private static void appendFixes(
      Screen screen, StringBuilder out, Rehearsal rehearsal, List<Finding> causes) {
    List<String> fixes = Screen.fixes(causes);
    if (rehearsal.outcome().grade() == Grade.GOOD && !fixes.isEmpty()) {
      screen.append(
          out, Screen.FIX, Style.PLAIN, "nothing for this dump; for the rule: " + fixes.getFirst());
    } else {
      screen.appendFixes(out, fixes);
    }
  }

  private static String expected(Prediction prediction) {
    return switch (prediction) {
      case DUMP -> "dump";
      case NO_DUMP -> "no dump";
      case UNKNOWN -> "unknown";
    };
  }

  /** {@return the same with all findings and their evidence} */
  public String details(Rehearsal rehearsal, String share) {
    return screen(rehearsal, share) + "\n" + new TextReport(width, colours).of(rehearsal.verdict());
  }

  private static String counted(Tally tally) {
    String passed =
        "%,d in-flight transfers reached memory after the panic, %,d were blocked"
            .formatted(tally.leftoverPassedCount(), tally.leftoverBlockedCount());
    return tally.corruptedByteCount() == 0
        ? "nothing overwritten but drivers' buffers; " + passed
        : "%,d bytes of no driver's buffer overwritten; %s"
            .formatted(tally.corruptedByteCount(), passed);
  }

  private static String atLength(DumpOutcome dump) {
    return switch (dump) {
      case Written w ->
          "of %s, %,d MiB; %,d pages compared with memory at the panic, all equal"
              .formatted(w.release(), w.sizeBytes() >> 20, w.comparedPageCount());
      case Missing m -> EvidenceText.inOneLine(m.reasons());
      case Damaged d -> EvidenceText.inOneLine(d.reasons());
      case NoRoom n -> EvidenceText.of(n.reason());
    };
  }
}
