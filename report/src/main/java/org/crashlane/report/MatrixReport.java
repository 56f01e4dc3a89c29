// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Verdict.Answer;

/**
 * Machines by strategies, for people, on one screen: which dumps get through, why others do not,
 * and what to set up.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record MatrixReport(int width, Colours colours) {
  private static final int LABEL = 7;
  private static final int KIBIBYTE = 1024;

  /** {@return all of it} */
  public String of(List<MatrixCell> cells) {
    return grid(cells) + "\n" + legend(cells) + why(cells) + answers(cells);
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
    List<Cell> marks = new ArrayList<>(List.of(Cell.of("")));
    strategies.forEach(s -> marks.add(new Cell(mark(s), Style.FAINT)));
    table.row(marks);
    MatrixDetails.byMachine(cells)
        .forEach((machine, its) -> {
          List<Cell> row = new ArrayList<>(List.of(new Cell(machine, Style.STRONG)));
          strategies.forEach(s -> row.add(gridCell(its, s)));
          table.row(row);
        });
    return table.render(width, colours);
  }

  private static String mark(Strategy strategy) {
    return switch (strategy) {
      case IDENTITY -> "the rule";
      case ADOPT -> "mainline";
      case NONE, RESERVE, OFF, ABORT, RESET -> "";
    };
  }

  private static Cell gridCell(List<MatrixCell> cells, Strategy strategy) {
    return cells.stream()
        .filter(c -> c.strategy() == strategy)
        .findFirst()
        .map(c -> new Cell(word(c) + share(c), style(c)))
        .orElse(Cell.of("-"));
  }

  private static String word(MatrixCell cell) {
    String dump = OutcomeText.word(cell.outcome());
    if (cell.outcome().grade() != Grade.GOOD) {
      return dump;
    }
    return switch (cell.answer()) {
      case HOLDS -> dump;
      case BROKEN -> dump + " *";
      case UNKNOWN -> dump + " ?";
    };
  }

  private static String share(MatrixCell cell) {
    return cell.isMixed() ? " %d/%d".formatted(cell.outcomeCount(), cell.runs().size()) : "";
  }

  private static Style style(MatrixCell cell) {
    boolean isClean = cell.outcome().grade() != Grade.GOOD || cell.answer() == Answer.HOLDS;
    return isClean ? OutcomeText.style(cell.outcome()) : Style.DOUBTFUL;
  }

  /** Only what occurs is explained. */
  private String legend(List<MatrixCell> cells) {
    Map<String, Predicate<MatrixCell>> meanings = new LinkedHashMap<>();
    meanings.put("ok dump complete", c -> word(c).startsWith("ok"));
    meanings.put("ok~ all but IOMMU tables", c -> word(c).startsWith("ok~"));
    meanings.put("LOST no dump", c -> word(c).startsWith("LOST"));
    meanings.put("DIFF dump differs", c -> word(c).startsWith("DIFF"));
    meanings.put("NO ROOM crashkernel= too small", c -> word(c).startsWith("NO ROOM"));
    meanings.put("! other memory overwritten", c -> c.outcome().memory() == Memory.OVERWRITTEN);
    meanings.put("* rule broken", c -> word(c).endsWith("*"));
    meanings.put("? not known whether the rule is kept", c -> word(c).endsWith("?"));
    meanings.put("k/n in k of n seeds", c -> !share(c).isEmpty());
    String text =
        meanings.entrySet().stream()
            .filter(meaning -> cells.stream().anyMatch(meaning.getValue()))
            .map(Map.Entry::getKey)
            .collect(Collectors.joining(", "));
    return String.join("\n", Wrap.lines(text, width)) + "\n";
  }

  /** Causes, the most frequent first, each with how often it occurs and one example. */
  private String why(List<MatrixCell> cells) {
    record Cause(String word, FindingCode code) {}
    Map<Cause, List<MatrixCell>> causes = new LinkedHashMap<>();
    for (MatrixCell cell : cells) {
      cause(cell)
          .ifPresent(finding ->
              causes
                  .computeIfAbsent(
                      new Cause(word(cell).replace("~", ""), finding.code()),
                      _ -> new ArrayList<>())
                  .add(cell));
    }
    StringBuilder out = new StringBuilder();
    causes.entrySet().stream()
        .sorted(
            Comparator.comparing((Map.Entry<Cause, List<MatrixCell>> e) ->
                    e.getValue().getFirst().outcome().grade() == Grade.GOOD)
                .thenComparingInt(e -> -e.getValue().size()))
        .forEach(e -> {
          MatrixCell example = e.getValue().getFirst();
          FindingCode code = e.getKey().code();
          String line =
              "%2d %-5s %s %s (%s %s)"
                  .formatted(
                      e.getValue().size(),
                      e.getKey().word(),
                      code.name(),
                      code == FindingCode.D1 ? evidence(example) : CodeExplanation.of(code).title(),
                      example.machine(),
                      example.strategy().label());
          append(out, out.isEmpty() ? "WHY" : "", line, style(example));
        });
    return out.isEmpty() ? "" : "\n" + out;
  }

  /** {@return what shows that there is no dump, or another: nothing else explains it} */
  private static String evidence(MatrixCell cell) {
    return cause(cell).stream()
        .flatMap(f -> f.evidence().stream())
        .findFirst()
        .map(EvidenceText::of)
        .orElseGet(() -> CodeExplanation.of(FindingCode.D1).title());
  }

  /** {@return the finding that explains the outcome best, or why the rule is broken} */
  private static Optional<Finding> cause(MatrixCell cell) {
    return OutcomeText.causesFirst(cell.worst()).stream().findFirst();
  }

  /** For the rule and for mainline, or else for each strategy: on how many machines it is good. */
  private String answers(List<MatrixCell> cells) {
    Map<Strategy, List<MatrixCell>> byStrategy =
        cells.stream()
            .collect(
                Collectors.groupingBy(
                    MatrixCell::strategy, LinkedHashMap::new, Collectors.toList()));
    List<Strategy> asked = new ArrayList<>(List.of(Strategy.IDENTITY, Strategy.ADOPT));
    asked.retainAll(byStrategy.keySet());
    StringBuilder out = new StringBuilder();
    for (Strategy strategy : asked.isEmpty() ? byStrategy.keySet() : asked) {
      append(out, out.isEmpty() ? "ANSWER" : "", answer(byStrategy.get(strategy)), Style.PLAIN);
    }
    if (byStrategy.containsKey(Strategy.IDENTITY) && byStrategy.size() > 1) {
      append(out, "EXIT", "status is identity's; of another: --strategy adopt", Style.PLAIN);
    }
    return "\n" + out;
  }

  private static String answer(List<MatrixCell> cells) {
    Strategy strategy = cells.getFirst().strategy();
    long good = cells.stream().filter(c -> c.outcome().grade() == Grade.GOOD).count();
    String mark = mark(strategy) + copying(cells);
    String name = strategy.label() + (mark.isEmpty() ? "" : " (" + mark + ")");
    String others =
        cells.stream()
            .filter(c -> c.outcome().grade() != Grade.GOOD)
            .map(c -> c.machine() + " " + word(c))
            .collect(Collectors.joining(", "));
    return "%s: good on %d of %d%s%s"
        .formatted(name, good, cells.size(), others.isEmpty() ? "" : "; " + others, costs(cells));
  }

  /** {@return which kernels copy tables that later ones go on with} */
  private static String copying(List<MatrixCell> cells) {
    return cells.stream()
        .map(c -> c.worst().scenario())
        .filter(s -> s.strategy() == Strategy.ADOPT && s.adoption() == Adoption.COPY)
        .flatMap(s -> LinuxSetting.of(Adoption.COPY, s.mode()).stream())
        .filter(s -> !s.linux().last().isEmpty())
        .findFirst()
        .map(s -> "; AMD: " + StrategyReport.versions(s.linux()))
        .orElse("");
  }

  private static String costs(List<MatrixCell> cells) {
    return cells.stream()
        .flatMap(c -> c.runs().getFirst().observations().tally().stream())
        .map(Tally::arming)
        .max(Comparator.comparingLong(ArmingCost::tableBytes))
        .filter(cost -> !cost.equals(ArmingCost.NONE))
        .map(cost ->
            "; at most %,d KiB of tables".formatted(Math.ceilDiv(cost.tableBytes(), KIBIBYTE)))
        .orElse("");
  }

  private void append(StringBuilder out, String label, String text, Style style) {
    String before = colours.paint(Style.STRONG, label) + " ".repeat(LABEL - label.length());
    for (String line : Wrap.lines(text, width - LABEL)) {
      out.append(before).append(colours.paint(style, line)).append('\n');
      before = " ".repeat(LABEL);
    }
  }
}
