// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;

/**
 * Machines by strategies in detail: what each crash cost and changed, then what was found.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record MatrixDetails(int width, Colours colours) {
  private static final int KIBIBYTE = 1024;
  private static final int CODE_INDENT = 2;

  /** {@return all of it} */
  public String of(List<MatrixCell> cells) {
    return table(cells) + reasons(cells);
  }

  /** {@return a row for each cell} */
  public String table(List<MatrixCell> cells) {
    Table table =
        Table.of(
            Column.left("machine"),
            Column.left("strategy"),
            Column.left("dump"),
            Column.right("corrupted"),
            Column.right("in-flight"),
            Column.right("blocked"),
            Column.left("arming"),
            Column.left("rule"));
    byMachine(cells)
        .forEach((machine, its) ->
            its.forEach(cell ->
                table.row(row(cell.strategy() == its.getFirst().strategy() ? machine : "", cell))));
    return table.render(width, colours);
  }

  private static List<Cell> row(String machine, MatrixCell cell) {
    long corrupted = cell.sum(Tally::corruptedByteCount);
    Answer answer = cell.answer();
    return List.of(
        new Cell(machine, Style.STRONG),
        Cell.of(cell.strategy().label()),
        new Cell(dumps(cell), cell.dumpCount() == cell.runs().size() ? Style.GOOD : Style.BAD),
        new Cell(
            corrupted == 0 ? "-" : "%,d B".formatted(corrupted),
            corrupted == 0 ? Style.PLAIN : Style.BAD),
        Cell.of("%,d".formatted(cell.sum(Tally::leftoverPassedCount))),
        Cell.of("%,d".formatted(cell.sum(Tally::leftoverBlockedCount))),
        Cell.of(cost(cell)),
        new Cell(answer.name() + " " + codes(cell), TextReport.styleOf(answer)));
  }

  private static String dumps(MatrixCell cell) {
    int runCount = cell.runs().size();
    return runCount == 1
        ? outcome(cell.worst().observations().dump())
        : "%,d of %,d".formatted(cell.dumpCount(), runCount);
  }

  private static String outcome(DumpOutcome dump) {
    return switch (dump) {
      case DumpOutcome.Written _ -> "yes";
      case DumpOutcome.WrittenBut _ -> "yes~";
      case DumpOutcome.Damaged _ -> "damaged";
      case DumpOutcome.Missing _ -> "NO";
      case DumpOutcome.NoRoom _ -> "no room";
      case DumpOutcome.Unread _ -> "not read";
    };
  }

  private static String cost(MatrixCell cell) {
    Optional<ArmingCost> cost = cell.runs().getFirst().observations().tally().map(Tally::arming);
    return cost.filter(c -> !c.equals(ArmingCost.NONE))
        .map(c -> "%,d entries, %,d KiB".formatted(c.entryCount(), kibibytes(c.tableBytes())))
        .orElse("-");
  }

  private static long kibibytes(long bytes) {
    return Math.ceilDiv(bytes, KIBIBYTE);
  }

  private static String codes(MatrixCell cell) {
    return cell.worst().verdict().findings().stream()
        .filter(f -> f.severity() != Severity.NOTE)
        .map(f -> f.code().name())
        .distinct()
        .collect(Collectors.joining(" "));
  }

  /** {@return for each cell that is not clean, each kind of finding in a line or two} */
  public String reasons(List<MatrixCell> cells) {
    StringBuilder out = new StringBuilder();
    for (MatrixCell cell : cells) {
      List<Finding> findings =
          cell.worst().verdict().findings().stream()
              .filter(f -> f.severity() != Severity.NOTE)
              .toList();
      if (!findings.isEmpty()) {
        out.append('\n').append(colours.paint(Style.STRONG, name(cell))).append('\n');
        byCode(findings).forEach((code, its) -> appendReason(out, code, its));
      }
    }
    return out.toString();
  }

  private void appendReason(StringBuilder out, FindingCode code, List<Finding> findings) {
    Finding first = findings.getFirst();
    String more = findings.size() == 1 ? "" : " (and " + (findings.size() - 1) + " more)";
    String evidence =
        first.evidence().isEmpty() ? "" : ": " + EvidenceText.of(first.evidence().getFirst());
    String goingOn = " ".repeat(CODE_INDENT + code.name().length() + CODE_INDENT);
    Style style = first.severity() == Severity.BROKEN ? Style.BAD : Style.DOUBTFUL;
    String before =
        " ".repeat(CODE_INDENT) + colours.paint(style, code.name()) + " ".repeat(CODE_INDENT);
    String reason = SubjectText.of(first.subject()) + more + evidence;
    for (String line : Wrap.lines(reason, width - goingOn.length())) {
      out.append((before + line).stripTrailing()).append('\n');
      before = goingOn;
    }
  }

  private static String name(MatrixCell cell) {
    String seed = cell.runs().size() == 1 ? "" : ", seed " + cell.worstSeed();
    return cell.machine() + ", " + cell.strategy().label() + seed;
  }

  static Map<String, List<MatrixCell>> byMachine(List<MatrixCell> cells) {
    return cells.stream()
        .collect(
            Collectors.groupingBy(MatrixCell::machine, LinkedHashMap::new, Collectors.toList()));
  }

  private static Map<FindingCode, List<Finding>> byCode(List<Finding> findings) {
    return findings.stream()
        .collect(Collectors.groupingBy(Finding::code, LinkedHashMap::new, Collectors.toList()));
  }
}
