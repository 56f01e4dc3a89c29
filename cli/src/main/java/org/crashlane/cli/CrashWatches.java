// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.crashlane.arming.Refused;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.guest.live.WhenCrashed;
import org.crashlane.guest.live.WhenCrashed.Outcome;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.ArmingReport;
import org.crashlane.report.ForecastReport;
import org.crashlane.report.JsonReport;
import org.crashlane.report.TextReport;
import org.crashlane.rule.Verdict;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane arm --when-crashed}: watches guests, and arms each when it has crashed. */
final class CrashWatches {
  private static final String DONE = "done";

  private final Terminal terminal;
  private final Path journalDirectory;
  private final boolean json;

  CrashWatches(Terminal terminal, Path journalDirectory, boolean json) {
    this.terminal = terminal;
    this.journalDirectory = journalDirectory;
    this.json = json;
  }

  /**
   * What to wait for.
   *
   * @param crashRanges where they are known
   * @param devices only these; all that are translated if empty
   * @param limit how long
   */
  record Wait(List<AddressRange> crashRanges, Set<RequesterId> devices, Duration limit) {}

  /** {@return the exit code, after each guest's result is printed} */
  ExitCode run(List<GuestSocket> sockets, Wait wait) throws IOException {
    Map<GuestSocket, String> doing = new LinkedHashMap<>();
    sockets.forEach(socket -> doing.put(socket, "attaches"));
    List<ExitCode> codes = new ArrayList<>();
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ExitCode>> guests = new ArrayList<>();
      for (GuestSocket socket : doing.keySet()) {
        Callable<ExitCode> guest =
            () -> one(socket, wait, what -> show(progress, doing, socket, what));
        guests.add(threads.submit(guest));
      }
      for (Future<ExitCode> guest : guests) {
        codes.add(guest.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while watching", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return codes.stream().max((a, b) -> Integer.compare(weight(a), weight(b))).orElseThrow();
  }

  private static int weight(ExitCode code) {
    return switch (code) {
      case HOLDS -> 0;
      case UNKNOWN -> 1;
      case BROKEN -> 2;
      case BAD_INPUT -> 3;
    };
  }

  private static void show(
      TickingProgress progress, Map<GuestSocket, String> doing, GuestSocket socket, String what) {
    synchronized (doing) {
      doing.put(socket, what);
      String line =
          doing.entrySet().stream()
              .map(each -> each.getKey() + ": " + each.getValue())
              .collect(Collectors.joining("; "));
      if (what.equals(DONE)) {
        progress.update(line, 1, 1);
      } else {
        progress.change(line);
      }
    }
  }

  private ExitCode one(GuestSocket socket, Wait wait, Consumer<String> progress) {
    try (WhenCrashed guest = WhenCrashed.attach(socket.path(), journalDirectory, progress)) {
      return report(socket, guest.await(wait.crashRanges(), wait.devices(), wait.limit()), wait);
    } catch (IOException | RuntimeException e) {
      // What failed may be named already, and the guest is named before it.
      String why = Failure.describe(e);
      String path = socket.path() + ": ";
      return print(
          socket,
          "failed",
          why.startsWith(path) ? why.substring(path.length()) : why,
          ExitCode.BAD_INPUT);
    } finally {
      progress.accept(DONE);
    }
  }

  /** Prints what became of a guest; {@return the exit code that says it}. */
  ExitCode report(GuestSocket socket, Outcome outcome, Wait wait) {
    return switch (outcome) {
      case Outcome.Alive(boolean crashedBefore) ->
          print(
              socket,
              "alive",
              "%s in %d s; nothing was written"
                  .formatted(
                      crashedBefore
                          ? "had crashed before the watch began, its capture kernel is gone, and it"
                              + " did not crash again"
                          : "did not crash",
                      wait.limit().toSeconds()),
              ExitCode.UNKNOWN);
      case Outcome.ShutDown(boolean crashedBefore) ->
          print(
              socket,
              "shut-down",
              (crashedBefore
                      ? "had crashed before the watch began, and is shut down"
                      : "was shut down, and no crash was noticed")
                  + "; nothing was written",
              ExitCode.UNKNOWN);
      case Outcome.NotArmable(Refused refused) -> refused(socket, "", refused);
      case Outcome.NotArmed(Refused refused) -> refused(socket, "crashed; ", refused);
      case Outcome.TakenOver(Verdict verdict) ->
          verdict(
              socket,
              "",
              "crashed; its capture kernel has taken over the IOMMU: nothing was written\n",
              JsonReport.of(verdict).put("outcome", "taken-over"),
              verdict,
              ExitCode.of(verdict.answer()));
      case Outcome.Ready ready ->
          verdict(
              socket,
              new ForecastReport(terminal.columns(), terminal.colours())
                  .of(ready.judged().verdict(), ready.judged().capture(), List.of()),
              "crashed; paused for %d ms, then as it was before%n%s"
                  .formatted(
                      ready.resumedAfter().toMillis(),
                      ArmingReport.text(ready.result(), ready.judged().machine())),
              ArmingReport.json(ready.result(), ready.judged().verdict(), ready.judged().machine())
                  .put("resumedAfterMillis", ready.resumedAfter().toMillis()),
              ready.judged().verdict(),
              code(ready.judged()));
    };
  }

  /** A dump that is written by copied tables is a good outcome, though the rule is broken. */
  private static ExitCode code(Judgement judged) {
    Verdict verdict =
        judged.capture().state() == CaptureKernel.State.TOOK_OVER
            ? Strategy.ADOPT.heeded(judged.verdict())
            : judged.verdict();
    return ExitCode.of(verdict.answer());
  }

  private ExitCode verdict(
      GuestSocket socket,
      String forecast,
      String text,
      ObjectNode node,
      Verdict verdict,
      ExitCode code) {
    if (json) {
      print(node.put("guest", socket.toString()));
    } else {
      String findings = new TextReport(terminal.columns(), terminal.colours()).of(verdict);
      say(socket + ": " + text + forecast + "\n" + findings);
    }
    return code;
  }

  private ExitCode refused(GuestSocket socket, String what, Refused refused) {
    if (json) {
      print(ArmingReport.json(refused).put("guest", socket.toString()));
    } else {
      refused
          .reasons()
          .forEach(reason ->
              terminal.complain(socket + ": " + what + "refused: " + ArmingReport.text(reason)));
    }
    return ExitCode.BAD_INPUT;
  }

  private ExitCode print(GuestSocket socket, String outcome, String why, ExitCode code) {
    if (json) {
      print(
          JsonReport.document()
              .put("outcome", outcome)
              .put("reason", why)
              .put("guest", socket.toString()));
    } else {
      terminal.complain(socket + ": " + why);
    }
    return code;
  }

  /** A line for each guest, as soon as it is known what became of it. */
  private void print(ObjectNode node) {
    say(JsonReport.line(node));
  }

  private synchronized void say(String text) {
    terminal.out().print(text);
    terminal.out().flush();
  }
}
