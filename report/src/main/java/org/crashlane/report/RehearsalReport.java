// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/**
 * Rehearsals for people: one row each, and below it what was found.
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
            Column.left("tables"),
            Column.left("expected"),
            Column.left("dump"),
            Column.right("pages equal"),
            Column.right("faults"),
            Column.right("seconds"),
            Column.left("rule"));
    rehearsals.forEach(r -> table.row(row(r)));
    return table.render(width, colours);
  }

  private static List<Cell> row(Rehearsal rehearsal) {
    DumpOutcome dump = rehearsal.observations().dump();
    Verdict before = rehearsal.tablesBeforeCrash();
    return List.of(
        new Cell(rehearsal.scenario().label(), Style.STRONG),
        new Cell(before.answer().name(), TextReport.styleOf(before.answer())),
        new Cell(expected(rehearsal.prediction()), Style.PLAIN),
        new Cell(shortly(dump), dump.gotThrough() ? Style.GOOD : Style.BAD),
        Cell.of(dump instanceof Written w ? "%,d".formatted(w.comparedPageCount()) : "-"),
        Cell.of("" + rehearsal.observations().faultsAfterCrash().size()),
        Cell.of("" + rehearsal.wallTime().toSeconds()),
        new Cell(ruleOf(rehearsal), TextReport.styleOf(rehearsal.verdict().answer())));
  }

  private static String expected(Prediction prediction) {
    return switch (prediction) {
      case DUMP -> "dump";
      case NO_DUMP -> "no dump";
      case UNKNOWN -> "unknown";
    };
  }

  private static String shortly(DumpOutcome dump) {
    return switch (dump) {
      case Written _ -> "written";
      case Missing _ -> "NONE";
      case Damaged _ -> "DAMAGED";
      case NoRoom _ -> "NO ROOM";
    };
  }

  private static String ruleOf(Rehearsal rehearsal) {
    String broken = codes(rehearsal, f -> f.severity() != Severity.NOTE);
    // While translation runs, leftovers are no hazard and every machine has them.
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

  /** {@return what was found in one rehearsal, headed by its name} */
  public String details(Rehearsal rehearsal) {
    StringBuilder out = new StringBuilder();
    out.append(colours.paint(Style.STRONG, "== " + rehearsal.scenario().label()))
        .append(": ")
        .append(rehearsal.scenario().strategy().meaning())
        .append('\n');
    sentences(rehearsal).forEach(s -> appendWrapped(out, s));
    return out.append(new TextReport(width, colours).of(rehearsal.verdict())).toString();
  }

  private static List<String> sentences(Rehearsal rehearsal) {
    List<String> sentences = new ArrayList<>();
    sentences.add(atLength(rehearsal.observations().dump()));
    boolean tried = !(rehearsal.observations().dump() instanceof NoRoom);
    if (tried || !rehearsal.observations().faultsAfterCrash().isEmpty()) {
      sentences.add(
          rehearsal
              .observations()
              .tally()
              .map(RehearsalReport::counted)
              .orElseGet(() -> recorded(rehearsal)));
    }
    if (!rehearsal.asPredicted()) {
      sentences.add(
          "This is NOT what the tables predict (" + expected(rehearsal.prediction()) + ").");
    }
    return sentences;
  }

  private static String counted(Tally tally) {
    return "After the panic %,d leftover transfers reached memory, %,d were blocked; %s."
        .formatted(
            tally.leftoverPassedCount(),
            tally.leftoverBlockedCount(),
            tally.corruptedByteCount() == 0
                ? "no memory outside the drivers' buffers was changed"
                : "%,d bytes outside the drivers' buffers were changed"
                    .formatted(tally.corruptedByteCount()));
  }

  private static String recorded(Rehearsal rehearsal) {
    List<Evidence> faults = rehearsal.observations().faultsAfterCrash();
    return faults.isEmpty()
        ? "The IOMMU recorded no fault after the panic."
        : "The IOMMU recorded %d %s after the panic%s; first: %s"
            .formatted(
                faults.size(),
                faults.size() == 1 ? "fault" : "faults",
                rehearsal.observations().dump().gotThrough() ? ", and the dump got through" : "",
                EvidenceText.of(faults.getFirst()));
  }

  private static String atLength(DumpOutcome dump) {
    return switch (dump) {
      case Written w ->
          "Dump of %s, %,d bytes of memory; %,d pages compared with memory at the panic, all equal."
              .formatted(w.release(), w.sizeBytes(), w.comparedPageCount());
      case Missing m -> "No dump: " + EvidenceText.inOneLine(m.reasons()) + ".";
      case Damaged d -> "The dump is damaged: " + EvidenceText.inOneLine(d.reasons()) + ".";
      case NoRoom n ->
          "No dump: the crash range is too small: " + EvidenceText.of(n.reason()) + ".";
    };
  }

  private void appendWrapped(StringBuilder out, String sentence) {
    Wrap.lines(sentence, width).forEach(line -> out.append(line).append('\n'));
  }
}
