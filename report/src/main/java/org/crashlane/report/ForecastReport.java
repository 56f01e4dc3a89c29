// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.Refused;
import org.crashlane.machine.Machine;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.Doubt;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Dump;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours.Style;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;

/**
 * What tables let one expect of a crash, for people: what becomes of the dump, then whether the
 * rule is kept, then what to change.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record ForecastReport(int width, Colours colours) {
  private static final int PAGE_BYTES = 4096;

  /** Characters of a command line: what Linux takes as a rule fits. */
  private static final int COMMAND_LINE_MAX = 480;

  /**
   * {@return what a verdict on tables as they are lets one expect}
   *
   * @param commands what identity-maps the crash range, shown where that helps; none if nothing
   *     does so from outside
   */
  public String of(Verdict verdict, CaptureKernel capture, List<String> commands) {
    return screen(verdict, capture, fixes(verdict, capture, commands));
  }

  /** {@return the same for a machine that cannot be armed, with what to do instead} */
  public String ofRefused(Verdict verdict, CaptureKernel capture, Refused refused) {
    return screen(
        verdict,
        capture,
        Stream.concat(
                refused.reasons().stream().flatMap(r -> r.remedies().stream()).map(RemedyText::of),
                fixes(verdict, capture, List.of()).stream())
            .distinct()
            .toList());
  }

  private String screen(Verdict verdict, CaptureKernel capture, List<String> fixes) {
    StringBuilder out = new StringBuilder();
    Screen screen = new Screen(width, colours);
    appendResult(screen, out, Screen.RESULT, verdict, capture, "");
    appendCapture(screen, out, capture);
    screen.appendRule(
        out,
        verdict.answer(),
        capture.state() == State.RUNS
            ? verdict.answer() + "  not checked: the tables may be the capture kernel's work"
            : rule(verdict));
    screen.appendFixes(out, fixes);
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
      ArmingPlan plan,
      Machine machine,
      CaptureKernel capture,
      Verdict now,
      Verdict armed,
      String command) {
    if (plan.stores().isEmpty()) {
      return of(armed, capture, List.of(command))
          + ArmingReport.text(plan, machine)
          + "nothing has to be written\n";
    }
    StringBuilder out = new StringBuilder();
    Screen screen = new Screen(width, colours);
    appendResult(screen, out, Screen.RESULT, armed, capture, "once armed: ");
    appendResult(screen, out, "  now", now, capture, "");
    appendCapture(screen, out, capture);
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
    List<String> fixes =
        Stream.of(adopting(now, capture), Stream.of(command), Screen.fixes(causes(armed)).stream())
            .flatMap(Function.identity())
            .toList();
    screen.appendFixes(out, isWritten(now, capture) ? List.of() : fixes);
    screen.appendMore(out, causes(armed).isEmpty() ? causes(now) : causes(armed));
    return out.toString();
  }

  private static long sum(ArmingPlan plan, ToLongFunction<TablePart> part) {
    return plan.tables().stream().mapToLong(part).sum();
  }

  /** {@return what decides what the capture kernel does with the IOMMU} */
  private static Optional<LinuxSetting> setting(Verdict verdict, CaptureKernel capture) {
    return isConfirmed(verdict) ? capture.setting() : Optional.empty();
  }

  /** What is not confirmed of the crash range is not known under any strategy. */
  private static boolean isConfirmed(Verdict verdict) {
    return verdict.findings().stream().noneMatch(f -> f.code() == FindingCode.M3);
  }

  /**
   * {@return true if it is lost or written as the capture kernel, of which no more is known, is}
   */
  private static boolean isOpen(Verdict verdict, CaptureKernel capture) {
    return isConfirmed(verdict)
        && capture.setting().isEmpty()
        && Prediction.of(Strategy.NONE, verdict) == Prediction.NO_DUMP
        && Prediction.of(Strategy.ADOPT, verdict) == Prediction.DUMP;
  }

  private static Strategy strategy(Verdict verdict, CaptureKernel capture) {
    return setting(verdict, capture).map(LinuxSetting::strategy).orElse(Strategy.NONE);
  }

  /** {@return what to do; nothing where the dump is written without} */
  private static List<String> fixes(Verdict verdict, CaptureKernel capture, List<String> commands) {
    if (capture.state() == State.RUNS) {
      return Stream.of(
              Stream.of(RemedyText.of(Step.DUMP_FROM_HOST)),
              commands.stream(),
              Stream.of(RemedyText.of(Step.REBIND_DISK)))
          .flatMap(Function.identity())
          .toList();
    }
    if (isWritten(verdict, capture)) {
      return List.of();
    }
    List<String> fixes = new ArrayList<>(adopting(verdict, capture).toList());
    boolean isArmingOfHelp =
        !commands.isEmpty()
            && verdict.findings().stream().anyMatch(f -> f.remedies().contains(Step.ARM));
    if (isArmingOfHelp) {
      fixes.addAll(commands);
    }
    // To map the range in this table is what the command does; without one the module does.
    String byHand = RemedyText.of(Step.ARM);
    Screen.fixes(causes(verdict)).stream()
        .filter(fix -> !isArmingOfHelp || !fix.equals(byHand))
        .map(fix -> fix.equals(byHand) ? RemedyText.of(Step.ARM_INSIDE) : fix)
        .forEach(fixes::add);
    return fixes;
  }

  /** {@return true if a capture kernel that takes the IOMMU over gets through without arming} */
  private static boolean isWritten(Verdict verdict, CaptureKernel capture) {
    Strategy strategy = strategy(verdict, capture);
    return !strategy.blind() && Prediction.of(strategy, verdict) == Prediction.DUMP;
  }

  /** {@return how to have the capture kernel copy the old tables, where that decides} */
  private static Stream<String> adopting(Verdict verdict, CaptureKernel capture) {
    return LinuxSetting.of(Strategy.ADOPT, capture.mode()).stream()
        .filter(setting -> isOpen(verdict, capture) && !setting.parameter().isEmpty())
        .map(setting ->
            adopting(
                setting,
                capture.doubt().filter(doubt -> doubt != Doubt.NO_PARAMETER).isPresent()
                    ? ", without what contradicts it,"
                    : ""));
  }

  private static String adopting(LinuxSetting setting, String alone) {
    return "give the capture kernel %s%s after what it has (KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump; KDUMP_CMDLINE_APPEND in /etc/default/kdump-tools, which replaces a default: repeat that): Linux %s and later then copies the old tables"
        .formatted(setting.parameter(), alone, setting.linux().first());
  }

  private static void appendResult(
      Screen screen,
      StringBuilder out,
      String label,
      Verdict verdict,
      CaptureKernel capture,
      String when) {
    if (capture.state() == State.RUNS) {
      screen.append(
          out,
          label,
          Style.DOUBTFUL,
          "UNKNOWN  the guest has crashed: its capture kernel is running. Do not reset it");
      return;
    }
    if (isOpen(verdict, capture)) {
      screen.append(
          out,
          label,
          Style.DOUBTFUL,
          "UNKNOWN  %sdepends on the capture kernel: LOST if it sees no IOMMU, ok if it copies the old tables (predicted)"
              .formatted(when));
      return;
    }
    Strategy strategy = strategy(verdict, capture);
    Answer answer = strategy.heeded(verdict).answer();
    String text =
        switch (Prediction.of(strategy, verdict)) {
          case NO_DUMP -> word(Dump.NONE, Memory.NOT_SEEN) + when + "no dump (predicted)";
          case UNKNOWN -> "UNKNOWN  " + when + "whether a dump is written is not known";
          case DUMP ->
              switch (answer) {
                case HOLDS ->
                    word(Dump.WHOLE, Memory.NOT_SEEN)
                        + when
                        + "dump complete (predicted)"
                        + because(capture);
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
    screen.append(out, label, TextReport.styleOf(answer), text);
  }

  private static String because(CaptureKernel capture) {
    return capture.state() == State.TOOK_OVER
        ? ": the capture kernel has given the IOMMU tables of its own with translation on, as one"
            + " does that copies the old tables; arming was not needed"
        : "";
  }

  private static void appendCapture(Screen screen, StringBuilder out, CaptureKernel capture) {
    if (capture.commandLine().isEmpty()) {
      return;
    }
    String line = capture.commandLine();
    screen.append(
        out,
        "CAPTURE",
        Style.PLAIN,
        line.length() <= COMMAND_LINE_MAX ? line : line.substring(0, COMMAND_LINE_MAX) + "…");
    screen.append(out, "", Style.PLAIN, meaning(capture));
  }

  private static String meaning(CaptureKernel capture) {
    return capture
        .setting()
        .map(ForecastReport::meaning)
        .orElseGet(() -> capture.doubt().map(doubt -> meaning(doubt, capture.mode())).orElse(""));
  }

  private static String meaning(LinuxSetting setting) {
    String first = setting.linux().first();
    return switch (setting.means()) {
      case HIDDEN_TABLE -> "sees no IOMMU: its initrd brings a DMAR table without units";
      case PARAMETER, NO_PARAMETER ->
          "%s: %s (%sif it is built with the driver)"
              .formatted(
                  setting.parameter(),
                  did(setting.strategy()),
                  first.isEmpty() ? "" : "Linux " + first + " and later, ");
    };
  }

  private static String meaning(Doubt doubt, MappingMode mode) {
    return switch (doubt) {
      case CONTRADICTION -> "its parameters contradict each other: what it does is not known";
      case QUOTES -> "its parameters have quotes: what it does with the IOMMU is not known";
      case NO_ACPI ->
          "acpi=off: it reads no ACPI table and finds no IOMMU by one; whether it starts so is not"
              + " known";
      case NO_PARAMETER ->
          switch (mode) {
            case VTD ->
                "no intel_iommu=on: whether it drives the IOMMU depends on how it was built"
                    + " (INTEL_IOMMU_DEFAULT_ON)";
            case AMDVI -> "no amd_iommu=off: copies the old tables if it is built with the driver";
            case NOMMU, SWIOTLB, GART, CALGARY -> "there is no IOMMU for it to drive";
          };
    };
  }

  private static String did(Strategy strategy) {
    return switch (strategy) {
      case ADOPT -> "copies the old tables";
      case OFF -> "switches the IOMMU off";
      case NONE, RESERVE, IDENTITY, ABORT, RESET -> "leaves the IOMMU as it is";
    };
  }

  private static String word(Dump dump, Memory memory) {
    return OutcomeText.word(new CrashOutcome(dump, memory)) + "  ";
  }

  private static String rule(Verdict verdict) {
    return Screen.rule(verdict.answer(), causes(verdict));
  }

  /** What loses the dump comes before what may. */
  private static List<Finding> causes(Verdict verdict) {
    return OutcomeText.causesFirst(verdict, verdict.answer() == Answer.BROKEN).stream()
        .sorted(
            Comparator.comparing(
                f -> Prediction.of(Strategy.NONE, Verdict.of(List.of(f))) != Prediction.NO_DUMP))
        .toList();
  }
}
