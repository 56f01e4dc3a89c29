// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Unread;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.DumpOutcome.WrittenBut;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rehearsal.Tally;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Remedy.Step;
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
  private static final String INTERRUPTS =
      "interrupts are not modelled: where the first kernel remaps them, the capture kernel may get"
          + " none (crashlane explain C3)";

  /** What makes the rule be kept, and no dump be written. */
  private static final Set<Remedy> RULE_ALONE = Set.of(Step.HIDE_IOMMU, Step.KEEP_HANDS_OFF);

  /** What each of {@link Rehearsal#waysOut} includes. */
  private static final Set<Remedy> IN_WAYS =
      Set.of(Step.ARM, Step.KEEP_TRANSLATING, Step.RESERVE_IOVAS, Step.REUSE_TABLES);

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
        Cell.of(equalPages(dump)),
        Cell.of("" + rehearsal.observations().faultsAfterCrash().size()),
        Cell.of("" + rehearsal.wallTime().toSeconds()),
        new Cell(ruleOf(rehearsal), TextReport.styleOf(rehearsal.verdict().answer())));
  }

  private static String equalPages(DumpOutcome dump) {
    return switch (dump) {
      case Written w -> "%,d".formatted(w.comparedPageCount());
      case WrittenBut(Written w, _) -> "%,d".formatted(w.comparedPageCount());
      case Missing _, Damaged _, NoRoom _, Unread _ -> "-";
    };
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
        String capture = kernels.captureRelease().isEmpty() ? "" : kernels.captureRelease() + ": ";
        screen.append(out, "  capture", Style.PLAIN, capture + kernels.captureArguments());
        kernels.frames().forEach(f -> screen.append(out, "  frames", Style.PLAIN, FrameText.of(f)));
        screen.append(out, "  QEMU", Style.PLAIN, kernels.qemu());
      }
    }
    List<Finding> causes = OutcomeText.causesFirst(rehearsal);
    iommu(rehearsal).forEach(line -> screen.append(out, "  IOMMU", Style.PLAIN, line));
    RequestPaths.of(rehearsal)
        .forEach((label, path) -> screen.append(out, label, Style.PLAIN, path));
    // What is locked no table shows.
    if (!rehearsal.asPredicted() && causes.stream().noneMatch(f -> f.code() == FindingCode.C6)) {
      screen.append(
          out,
          Screen.NOTE,
          Style.DOUBTFUL,
          "not what the tables predict: " + expected(rehearsal.prediction()));
    }
    rehearsal.verdict().findings().stream()
        .filter(f -> f.evidence().contains(Fact.REACHES_AS_IT_IS))
        .map(f ->
            "%s %s".formatted(SubjectText.of(f.subject()), EvidenceText.inOneLine(f.evidence())))
        .forEach(
            text -> screen.append(out, Screen.NOTE, Style.PLAIN, text + ": nothing was armed"));
    Answer answer = rehearsal.verdict().answer();
    if (isSilentOnInterrupts(rehearsal)) {
      screen.append(out, Screen.NOTE, Style.DOUBTFUL, INTERRUPTS);
    }
    // The outcome itself is said above, and which of the two it is.
    boolean isOutcome = !causes.isEmpty() && causes.getFirst().code() == FindingCode.D1;
    screen.appendRule(
        out,
        answer,
        isOutcome
            ? Screen.rule(answer, causes, OutcomeText.sentence(outcome))
            : Screen.rule(answer, causes));
    appendFixes(screen, out, rehearsal, causes);
    screen.appendMore(out, causes);
    return out.toString();
  }

  private String heading(Rehearsal rehearsal) {
    return String.join(
            "\n",
            Wrap.lines(rehearsal.scenario().label() + ": " + meaning(rehearsal.scenario()), width))
        + "\n";
  }

  /** {@return what the strategy is, and of old tables which kernels take them over so} */
  private static String meaning(Scenario scenario) {
    String how =
        scenario.strategy() == Strategy.ADOPT
            ? LinuxSetting.of(scenario.adoption(), scenario.mode())
                .map(StrategyReport::how)
                .orElse("")
            : "";
    return scenario.strategy().meaning() + how;
  }

  /** {@return what the capture kernel and devices met of the IOMMU, in a line each} */
  private static List<String> iommu(Rehearsal rehearsal) {
    Observations seen = rehearsal.observations();
    List<String> lines = new ArrayList<>();
    if (!seen.registerWritesAfterCrash().isEmpty()) {
      lines.add(
          "the capture kernel %s; translation was %s at the end"
              .formatted(
                  EvidenceText.of(decisiveWrite(rehearsal)),
                  seen.translatingAtEnd() ? "on" : "off"));
    } else if (!seen.detection().isEmpty()) {
      lines.add("the capture kernel " + EvidenceText.of(seen.detection().getFirst()));
    }
    if (!seen.faultsAfterCrash().isEmpty()) {
      lines.add(
          "%,d %s after the panic%s; first: %s"
              .formatted(
                  seen.faultsAfterCrash().size(),
                  seen.faultsAfterCrash().size() == 1 ? "fault" : "faults",
                  RequestPaths.senders(seen.faultsAfterCrash()),
                  EvidenceText.of(seen.faultsAfterCrash().getFirst())));
    }
    return lines;
  }

  /** {@return true if interrupts may decide, and the machine says nothing of them} */
  private static boolean isSilentOnInterrupts(Rehearsal rehearsal) {
    MappingMode mode = rehearsal.scenario().mode();
    Strategy strategy = rehearsal.scenario().strategy();
    return rehearsal.observations().tally().isPresent()
        && rehearsal.observations().dump().gotThrough()
        && (mode == MappingMode.VTD || mode == MappingMode.AMDVI)
        && (strategy.blind() || strategy == Strategy.OFF)
        && rehearsal.tablesBeforeCrash().findings().stream()
            .noneMatch(f -> f.code() == FindingCode.C3 || f.code() == FindingCode.C4);
  }

  /** {@return a write that had no effect, or else the first} */
  private static Evidence decisiveWrite(Rehearsal rehearsal) {
    List<Evidence> writes = rehearsal.observations().registerWritesAfterCrash();
    return rehearsal.verdict().findings().stream()
        .filter(f -> f.code() == FindingCode.C6)
        .map(f -> f.evidence().getFirst())
        .findFirst()
        .orElseGet(writes::getFirst);
  }

  /**
   * Appends what gets a dump, then what the rule alone asks: following it does not lose the dump.
   */
  private static void appendFixes(
      Screen screen, StringBuilder out, Rehearsal rehearsal, List<Finding> causes) {
    List<String> ways = rehearsal.waysOut().stream().map(RemedyText::of).toList();
    if (rehearsal.outcome().grade() == Grade.GOOD) {
      Stream.concat(ways.stream(), Screen.fixes(causes, _ -> true).stream())
          .findFirst()
          .ifPresent(fix ->
              screen.append(
                  out, Screen.FIX, Style.PLAIN, "nothing for this dump; for the rule: " + fix));
      return;
    }
    List<String> fixes =
        Stream.concat(
                ways.stream(),
                Screen.fixes(
                    causes,
                    r -> !RULE_ALONE.contains(r) && (ways.isEmpty() || !IN_WAYS.contains(r)))
                    .stream())
            .limit(Screen.FIXES_MAX)
            .toList();
    screen.appendFixes(out, fixes);
    if (fixes.isEmpty()) {
      Screen.fixes(causes, RULE_ALONE::contains).stream()
          .findFirst()
          .ifPresent(fix -> screen.append(out, Screen.FIX, Style.PLAIN, "for the rule: " + fix));
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
      case WrittenBut(Written w, var changed) ->
          "of %s, %,d MiB; %,d pages equal to memory at the panic; changed: %s"
              .formatted(
                  w.release(), w.sizeBytes() >> 20, w.comparedPageCount(), OutcomeText.of(changed));
      case Missing m -> EvidenceText.inOneLine(m.reasons());
      case Damaged d -> EvidenceText.inOneLine(d.reasons());
      case NoRoom n -> EvidenceText.of(n.reason());
      case Unread u -> EvidenceText.inOneLine(u.reasons());
    };
  }
}
