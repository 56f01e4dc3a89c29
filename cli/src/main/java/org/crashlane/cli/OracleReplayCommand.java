// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.oracle.Difference;
import org.crashlane.guest.oracle.QemuQuirk;
import org.crashlane.guest.oracle.Replay;
import org.crashlane.guest.oracle.ReplayLimits;
import org.crashlane.guest.oracle.ReplayResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code crashlane oracle replay}. */
@Command(
    name = "replay",
    description = {
      "Replay recorded probes of an IOMMU through crashlane's own VT-d or AMD-Vi unit.",
      "",
      "A probe is a set of table words, one request of a device, and what became of it. Each"
          + " difference is printed, and for each file a count. Differences that a known quirk of"
          + " the recorded machine explains are counted apart, with the reason."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane oracle replay probes.jsonl.gz",
      "  crashlane oracle replay --at-most 10 *.jsonl"
    },
    exitCodeList = {
      "0:no unexplained difference",
      "1:unexplained differences",
      "2:bad usage, or a file that cannot be read",
      "3:a file without probes"
    })
final class OracleReplayCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Recorded probes, a line of JSON each, packed by gzip or not.")
  private List<Path> files;

  @Option(
      names = "--at-most",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Print no more differences of a file; default: ${DEFAULT-VALUE}.")
  private int printedMax;

  @Spec private CommandSpec spec;

  OracleReplayCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (printedMax < 0) {
      throw new ParameterException(
          spec.commandLine(), "--at-most " + printedMax + ": expected 0 or more");
    }
    ReplayLimits usual = ReplayLimits.standard();
    ReplayLimits limits = new ReplayLimits(usual.lineBytes(), usual.fileBytes(), printedMax);
    boolean differs = false;
    boolean unusable = false;
    boolean without = false;
    for (Path file : files) {
      try {
        ReplayResult result = Replay.of(file, limits);
        print(file, result);
        differs |= !result.agrees();
        without |= result.probeCount() == 0;
      } catch (IOException | MalformedInputException e) {
        // The files behind it are replayed all the same.
        terminal.complain(Failure.describe(e));
        unusable = true;
      }
    }
    ExitCode agreeing = without ? ExitCode.UNKNOWN : ExitCode.HOLDS;
    ExitCode differing = differs ? ExitCode.BROKEN : agreeing;
    return (unusable ? ExitCode.BAD_INPUT : differing).number();
  }

  private void print(Path file, ReplayResult result) {
    if (result.probeCount() == 0) {
      terminal.out().println(file + ": no probes");
      return;
    }
    for (Difference difference : result.differences()) {
      terminal.out().println(difference);
    }
    long hiddenCount = result.differenceCount() - result.differences().size();
    if (hiddenCount > 0) {
      terminal.out().println("and " + hiddenCount + " more");
    }
    terminal
        .out()
        .printf(
            "%s: %d probes, %d unexplained differences, %d explained%n",
            file, result.probeCount(), result.differenceCount(), result.explainedCount());
    result.explained().entrySet().stream()
        .sorted(Comparator.comparing(e -> e.getKey().name()))
        .forEach(e -> print(e.getKey(), e.getValue()));
  }

  private void print(QemuQuirk quirk, long count) {
    terminal.out().printf("  %d by %s: %s%n", count, quirk, quirk.reason());
  }
}
