// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;

/**
 * Machines by strategies, for people: at a glance which dumps get through, then what each cost and
 * spoiled, then why.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record MatrixReport(int width, Colours colours) {
  /** What a word in the grid means; only those that occur are explained. */
  private static final List<String> LEGEND =
      List.of(
          "dump: written, and the rule holds.",
          "(dump): written, and the rule does not hold.",
          "NONE: no dump.",
          "DAMAGED: the dump differs from memory at the panic.",
          "CORRUPT: DMA changed memory outside the drivers' buffers.",
          "NO ROOM: the crash range is too small for the capture kernel.");

  private static final int KIBIBYTE = 1024;
  private static final int CODE_INDENT = 2;

  /** {@return all of it} */
  public String of(List<MatrixCell> cells) {
    StringBuilder out = new StringBuilder(grid(cells));
    Wrap.lines(legend(cells), width).forEach(line -> out.append(line).append('\n'));
    out.append('\n').append(table(cells)).append(reasons(cells)).append(summary(cells));
    return out.toString();
  }

  private static String legend(List<MatrixCell> cells) {
    List<String> words = cells.stream().map(cell -> shortly(cell) + ":").toList();
    return LEGEND.stream()
        .filter(line -> words.stream().anyMatch(line::startsWith))
        .collect(Collectors.joining(" "));
  }

  /** {@return a row for each machine, a column for each strategy} */
  public String grid(List<MatrixCell> cells) {
    List<Strategy> strategies =
        Arrays.stream(Strategy.values())
            .filter(s -> cells.stream().anyMatch(c -> c.strategy() == s))
            .toList();
    List<Column> columns = new ArrayList<>(List.of(Column.left("machine")));
    strategies.forEach(s -> columns.add(Column.left(s.label())));
    Table table = Table.of(columns.toArray(Column[]::new));
    byMachine(cells)
        .forEach((machine, its) -> {
          List<Cell> row = new ArrayList<>(List.of(new Cell(machine, Style.STRONG)));
          strategies.forEach(s -> row.add(gridCell(its, s)));
          table.row(row);
        });
    return table.render(width, colours);
  }

  private static Cell gridCell(List<MatrixCell> cells, Strategy strategy) {
    return cells.stream()
        .filter(c -> c.strategy() == strategy)
        .findFirst()
        .map(c -> new Cell(shortly(c), style(c)))
        .orElse(Cell.of("-"));
  }

  private static String shortly(MatrixCell cell) {
    if (cell.sum(Tally::corruptedByteCount) > 0) {
      return "CORRUPT";
    }
    return switch (cell.worst().observations().dump()) {
      case Missing _ -> "NONE";
      case Damaged _ -> "DAMAGED";
      case NoRoom _ -> "NO ROOM";
      case Written _ -> cell.answer() == Answer.HOLDS ? "dump" : "(dump)";
    };
  }

  private static Style style(MatrixCell cell) {
    boolean through = cell.dumpCount() == cell.runs().size();
    if (!through || cell.sum(Tally::corruptedByteCount) > 0) {
      return Style.BAD;
    }
    return cell.answer() == Answer.HOLDS ? Style.GOOD : Style.DOUBTFUL;
  }

  /** {@return a row for each cell} */
  public String table(List<MatrixCell> cells) {
    Table table =
        Table.of(
            Column.left("machine"),
            Column.left("strategy"),
            Column.left("dump"),
            Column.right("corrupted"),
            Column.right("leftovers"),
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
      case DumpOutcome.Damaged _ -> "damaged";
      case DumpOutcome.Missing _ -> "NO";
      case DumpOutcome.NoRoom _ -> "no room";
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

  private String summary(List<MatrixCell> cells) {
    List<MatrixCell> identity =
        cells.stream().filter(c -> c.strategy() == Strategy.IDENTITY).toList();
    if (identity.isEmpty()) {
      return "";
    }
    Answer answer = Verdict.worst(identity.stream().map(MatrixCell::answer).toList());
    String which =
        identity.stream()
            .filter(c -> c.answer() == answer)
            .map(MatrixCell::machine)
            .collect(Collectors.joining(", "));
    String text =
        switch (answer) {
          case HOLDS -> "identity holds on every machine shown";
          case BROKEN -> "identity does not hold on " + which;
          case UNKNOWN -> "whether identity holds is unknown of " + which;
        };
    return "\n" + colours.paint(TextReport.styleOf(answer), answer.name()) + "  " + text + "\n";
  }

  private static Map<String, List<MatrixCell>> byMachine(List<MatrixCell> cells) {
    return cells.stream()
        .collect(
            Collectors.groupingBy(MatrixCell::machine, LinkedHashMap::new, Collectors.toList()));
  }

  private static Map<FindingCode, List<Finding>> byCode(List<Finding> findings) {
    return findings.stream()
        .collect(Collectors.groupingBy(Finding::code, LinkedHashMap::new, Collectors.toList()));
  }
}
