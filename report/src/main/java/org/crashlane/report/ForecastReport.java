// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.machine.Machine;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Dump;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours.Style;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Verdict;

/**
 * What tables let one expect of a crash, for people: what becomes of the dump, then whether the
 * rule is kept, then what to change.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record ForecastReport(int width, Colours colours) {
  private static final int PAGE_BYTES = 4096;

  /**
   * {@return what a verdict on tables as they are lets one expect}
   *
   * @param command what identity-maps the crash range, shown where that helps
   */
  public String of(Verdict verdict, String command) {
    StringBuilder out = new StringBuilder();
    Screen screen = new Screen(width, colours);
    appendResult(screen, out, Screen.RESULT, verdict, "");
    if (isLostUnlessAdopted(verdict)) {
      screen.append(
          out,
          "  adopt",
          Style.PLAIN,
          "ok  dump complete (predicted), if the capture kernel copies the old tables, as Linux does"
              + " by default");
    }
    screen.appendRule(out, verdict.answer(), rule(verdict));
    boolean isArmingOfHelp =
        verdict.findings().stream().anyMatch(f -> f.remedies().contains(Remedy.Step.ARM));
    screen.appendFixes(
        out,
        Stream.concat(
                isArmingOfHelp ? Stream.of(command) : Stream.of(),
                Screen.fixes(causes(verdict)).stream())
            .toList());
    screen.appendMore(out, causes(verdict));
    return out.toString();
  }

  /**
   * {@return what would become of a crash, were it armed as planned}
   *
   * @param now the verdict on the tables as they are
   * @param armed the verdict on the tables as they would be
   * @param command what arms it
   */
  public String ofPlan(
      ArmingPlan plan, Machine machine, Verdict now, Verdict armed, String command) {
    if (plan.stores().isEmpty()) {
      return of(armed, command) + ArmingReport.text(plan, machine) + "nothing has to be written\n";
    }
    StringBuilder out = new StringBuilder();
    Screen screen = new Screen(width, colours);
    appendResult(screen, out, Screen.RESULT, armed, "once armed: ");
    appendResult(screen, out, "  now", now, "");
    screen.appendRule(
        out, armed.answer(), "once armed: %s; now: %s".formatted(rule(armed), rule(now)));
    long pages = sum(plan, TablePart::tablePageCount);
    screen.append(
        out,
        "COST",
        Style.PLAIN,
        "%s, %s (%s), %s"
            .formatted(
                ArmingReport.count(sum(plan, TablePart::leafCount), "entry", "entries"),
                ArmingReport.count(pages, "new table page", "new table pages"),
                Sizes.binary(pages * PAGE_BYTES),
                ArmingReport.count(plan.stores().size(), "word written", "words written")));
    screen.append(out, "PLAN", Style.PLAIN, "nothing was written: this is a dry run");
    ArmingReport.text(plan, machine)
        .lines()
        .forEach(line -> screen.append(out, "", Style.PLAIN, line));
    screen.appendFixes(
        out, Stream.concat(Stream.of(command), Screen.fixes(causes(armed)).stream()).toList());
    screen.appendMore(out, causes(armed).isEmpty() ? causes(now) : causes(armed));
    return out.toString();
  }

  private static long sum(ArmingPlan plan, ToLongFunction<TablePart> part) {
    return plan.tables().stream().mapToLong(part).sum();
  }

  /** What is not confirmed of the crash range is not known under any strategy. */
  private static boolean isLostUnlessAdopted(Verdict verdict) {
    return Prediction.of(Strategy.NONE, verdict) == Prediction.NO_DUMP
        && Prediction.of(Strategy.ADOPT, verdict) == Prediction.DUMP
        && verdict.findings().stream().noneMatch(f -> f.code() == FindingCode.M3);
  }

  private static void appendResult(
      Screen screen, StringBuilder out, String label, Verdict verdict, String when) {
    String text =
        switch (Prediction.of(Strategy.NONE, verdict)) {
          case NO_DUMP -> word(Dump.NONE, Memory.NOT_SEEN) + when + "no dump (predicted)";
          case UNKNOWN -> "UNKNOWN  " + when + "whether a dump is written is not known";
          case DUMP ->
              switch (verdict.answer()) {
                case HOLDS ->
                    word(Dump.WHOLE, Memory.NOT_SEEN) + when + "dump complete (predicted)";
                case UNKNOWN ->
                    word(Dump.WHOLE, Memory.NOT_SEEN)
                        + when
                        + "dump complete (predicted), unless in-flight DMA overwrites it";
                case BROKEN ->
                    word(Dump.WHOLE, Memory.OVERWRITTEN)
                        + when
                        + "dump written (predicted), but DMA may overwrite memory";
              };
        };
    screen.append(out, label, TextReport.styleOf(verdict.answer()), text);
  }

  private static String word(Dump dump, Memory memory) {
    return OutcomeText.word(new CrashOutcome(dump, memory)) + "  ";
  }

  private static String rule(Verdict verdict) {
    return Screen.rule(verdict.answer(), causes(verdict));
  }

  private static List<Finding> causes(Verdict verdict) {
    return OutcomeText.causesFirst(verdict, verdict.answer() == Verdict.Answer.BROKEN);
  }
}
