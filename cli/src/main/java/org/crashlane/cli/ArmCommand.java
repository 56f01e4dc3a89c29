// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.cli.CrashWatches.Wait;
import org.crashlane.guest.live.DryRun;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.report.ArmingReport;
import org.crashlane.report.ForecastReport;
import org.crashlane.report.JsonReport;
import org.crashlane.report.TextReport;
import org.crashlane.rule.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code crashlane arm}. */
@Command(
    name = "arm",
    description = {
      "Identity-map the crash range in a guest's IOMMU tables, from outside.",
      "",
      "With --when-crashed it waits until the guest's kernel has died, stops the guest at once,"
          + " arms the dead kernel's tables, and lets the capture kernel go on before its disk"
          + " driver starts. Nothing has to be prepared in the guest; the crash range is found. It"
          + " waits for days, for several guests if need be.",
      "",
      "Without it, a living guest is checked as it is and not written to: where something would have"
          + " to be written, that is refused with the ways that work. Every word is in a journal"
          + " before it is written and read back after; 'crashlane disarm' restores each.",
      "",
      "The crash range is what the guest's /proc/iomem calls \"Crash kernel\" (two ranges where"
          + " there are two); it may move from boot to boot."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane arm qemu:/run/guest.qmp --dry-run",
      "  crashlane arm qemu:/run/guest.qmp --when-crashed",
      "  crashlane arm qemu:/run/a.qmp qemu:/run/b.qmp --when-crashed --json",
      "  crashlane arm qemu:/run/guest.qmp --crash-range 2e000000-3dffffff"
    },
    exitCodeList = {
      "0:the rule holds, or would with --dry-run: a dump is predicted",
      "1:it is broken",
      "2:bad usage, or refused: nothing was written",
      "3:whether it holds is unknown, or the guest did not crash in time"
    })
final class ArmCommand implements Callable<Integer> {
  private final Terminal terminal;

  /** A watch may take as long as it likes. */
  private static final long FOR_EVER_SECONDS = Integer.MAX_VALUE;

  @Parameters(
      arity = "1..*",
      paramLabel = "qemu:SOCKET",
      description =
          "The guest's control socket (-qmp unix:SOCKET,server=on,wait=off); several with"
              + " --when-crashed.")
  private List<GuestSocket> sockets;

  @Option(
      names = "--when-crashed",
      description = "Wait until the guest has crashed, and arm it then.")
  private boolean whenCrashed;

  @Option(
      names = "--dry-run",
      description =
          "Show what arming would write if the guest crashed now, its cost, what would be refused,"
              + " and the verdict before and after; write nothing, make no directory. The guest is"
              + " paused for the moment it takes. The crash range is found where it is not given.")
  private boolean dryRun;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long --when-crashed waits; default: forever.")
  private Optional<Long> timeoutSeconds = Optional.empty();

  @Option(
      names = "--crash-range",
      paramLabel = "FIRST-LAST",
      description =
          "Hexadecimal, both ends included; may be repeated. With --when-crashed or --dry-run it is"
              + " found where it is not given.")
  private List<AddressRange> crashRanges = List.of();

  @Option(
      names = "--device",
      paramLabel = "[ssss:]bb:dd.f",
      description = "Only the tables of this device; may be repeated. Default: all.")
  private Set<RequesterId> devices = Set.of();

  @Option(
      names = "--arena",
      paramLabel = "FIRST-LAST",
      description = "Memory that neither kernel uses, for new table pages.")
  private Optional<AddressRange> arena;

  @Option(
      names = "--interrupts",
      paramLabel = "[ssss:]bb:dd.f",
      description =
          "AMD-Vi with interrupt remapping: also write entries that let an unaware capture kernel's"
              + " interrupts from this sender through, a device of the dump path or an IOAPIC as"
              + " the IVRS table names it; may be repeated.")
  private List<RequesterId> interruptSources = List.of();

  @Mixin private JournalOption journal;

  @Option(
      names = "--json",
      description = "Print one JSON document; with --when-crashed one in a line for each guest.")
  private boolean json;

  ArmCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** {@return what was named, each once} */
  List<AddressRange> crashRanges() {
    return crashRanges.stream().distinct().toList();
  }

  @Override
  public Integer call() throws IOException {
    if (dryRun) {
      requireDryRunUsable();
      return dryRun();
    }
    if (whenCrashed) {
      return whenCrashed().number();
    }
    requireUsable();
    Path socket = sockets.getFirst().path();
    try (OutsideHand hand = OutsideHand.attach(socket, journal.directory())) {
      List<AddressRange> ranges = crashRanges();
      return switch (hand.arm(ranges, devices, arena, interruptSources)) {
        case ArmResult.Done done ->
            done(done, hand.judge(ranges, devices, done instanceof ArmResult.Armed));
        case Refused refused -> refused(refused);
      };
    }
  }

  private ExitCode whenCrashed() throws IOException {
    if (arena.isPresent() || !interruptSources.isEmpty()) {
      throw new IllegalArgumentException(
          "--when-crashed finds memory for new table pages itself and writes no interrupt tables:"
              + " neither --arena nor --interrupts can be given");
    }
    long seconds = timeoutSeconds.orElse(FOR_EVER_SECONDS);
    if (seconds < 1) {
      throw new IllegalArgumentException("--timeout " + seconds + ": expected at least 1 second");
    }
    return new CrashWatches(terminal, journal.directory(), json)
        .run(sockets, new Wait(crashRanges(), devices, limit(seconds)));
  }

  /** More seconds than can be counted in nanoseconds are for ever too. */
  private static Duration limit(long seconds) {
    return Duration.ofSeconds(Math.min(seconds, FOR_EVER_SECONDS));
  }

  private void requireUsable() {
    if (sockets.size() > 1) {
      throw new IllegalArgumentException("several guests at once need --when-crashed");
    }
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("--crash-range, --when-crashed or --dry-run is missing");
    }
    if (timeoutSeconds.isPresent()) {
      throw new IllegalArgumentException("--timeout needs --when-crashed");
    }
  }

  private void requireDryRunUsable() {
    if (sockets.size() > 1) {
      throw new IllegalArgumentException("--dry-run looks at one guest");
    }
    if (timeoutSeconds.isPresent()) {
      throw new IllegalArgumentException("--dry-run waits for nothing: --timeout cannot be given");
    }
  }

  /** Says what was armed or why nothing had to be, and plainly if that is not enough. */
  int done(ArmResult.Done done, Judgement judged) {
    Verdict verdict = judged.verdict();
    if (json) {
      terminal.out().print(JsonReport.text(ArmingReport.json(done, verdict, judged.machine())));
    } else {
      terminal.out().print(forecast(judged) + "\n");
      terminal.out().print(ArmingReport.text(done, judged.machine()) + "\n" + findings(verdict));
    }
    String what = done instanceof ArmResult.Armed ? "armed, but " : "nothing was written; ";
    ArmingReport.shortcoming(verdict).ifPresent(shortcoming -> terminal.note(what + shortcoming));
    return ExitCode.of(verdict.answer()).number();
  }

  private String forecast(Judgement judged) {
    return forecasts().of(judged.verdict(), judged.capture(), List.of(whenCrashedCommand()));
  }

  private ForecastReport forecasts() {
    return new ForecastReport(terminal.columns(), terminal.colours());
  }

  private String findings(Verdict verdict) {
    return new TextReport(terminal.columns(), terminal.colours()).of(verdict);
  }

  private String whenCrashedCommand() {
    return "crashlane arm " + sockets.getFirst() + " --when-crashed";
  }

  private int dryRun() throws IOException {
    DryRun.Request request = new DryRun.Request(crashRanges(), devices, arena, interruptSources);
    try (LiveGuest guest = LiveGuest.attach(sockets.getFirst().path())) {
      return dryRun(DryRun.of(guest, journal.directory(), request));
    }
  }

  /** Says what arming would write, and what the verdict would be. */
  int dryRun(DryRun.Result result) {
    return switch (result) {
      case DryRun.Result.Possible(ArmingPlan plan, Judgement now, Judgement armed) -> {
        if (json) {
          terminal
              .out()
              .print(
                  JsonReport.text(
                      ArmingReport.json(plan, now.verdict(), armed.verdict(), armed.machine())));
        } else {
          String forecast =
              forecasts()
                  .ofPlan(
                      plan,
                      armed.machine(),
                      now.capture(),
                      now.verdict(),
                      armed.verdict(),
                      whenCrashedCommand());
          terminal.out().print(forecast + "\n" + findings(armed.verdict()));
        }
        yield ExitCode.of(armed.verdict().answer()).number();
      }
      case DryRun.Result.NotPossible(Refused refused, Judgement now) -> {
        if (json) {
          terminal.out().print(JsonReport.text(ArmingReport.json(refused, now.verdict())));
          yield ExitCode.BAD_INPUT.number();
        }
        terminal
            .out()
            .print(
                refused.isFor(Refusal.Kind.CRASHED)
                    ? forecast(now)
                    : forecasts().ofRefused(now.verdict(), now.capture(), refused));
        terminal.out().print("\n" + findings(now.verdict()));
        yield refused(refused);
      }
    };
  }

  /** Says why nothing was written. */
  int refused(Refused refused) {
    if (json) {
      terminal.out().print(JsonReport.text(ArmingReport.json(refused)));
    } else {
      refused
          .reasons()
          .forEach(reason -> terminal.complain("refused: " + ArmingReport.text(reason)));
      boolean wasWritten =
          refused.reasons().stream().anyMatch(r -> r.kind() == Refusal.Kind.NOT_CONFIRMED);
      terminal.complain(wasWritten ? "what was written was taken back" : "nothing was written");
    }
    return ExitCode.BAD_INPUT.number();
  }
}
