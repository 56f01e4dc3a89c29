// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.crashlane.guest.lab.DiskKind;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.KeepDirectory;
import org.crashlane.guest.lab.QemuStage;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours;
import org.crashlane.report.JsonReport;
import org.crashlane.report.RehearsalJson;
import org.crashlane.report.RehearsalReport;
import org.crashlane.rule.Verdict.Answer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code crashlane rehearse}. */
@Command(
    name = "rehearse",
    description = {
      "Rehearse the crash: boot a stock Debian kernel under QEMU with an Intel IOMMU translating, "
          + "run disk I/O, panic it, let a capture kernel write the dump, and judge by the bytes "
          + "on the disk whether it got through.",
      "",
      "Strategies: none (nothing is set up), identity (the rule: the crash range is "
          + "identity-mapped beforehand, by a hand outside the guest or a kernel module inside), "
          + "adopt (the capture kernel copies the old tables, as mainline does), off (it switches "
          + "the IOMMU off), all.",
      "",
      "The first run fetches a kernel and builds the guests' system, as root or with sudo; later "
          + "ones do no set-up. Nothing is installed into the running system but what apt-get is "
          + "said to install."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane rehearse --stage qemu --strategy all",
      "  crashlane rehearse --stage qemu --strategy identity --hand inside --keep evidence/",
      "  crashlane rehearse --stage qemu --memory 6G --crashkernel 512M,high --cpus 2",
      "",
      "Ends with the verdict of the one strategy; for several, with 0 when identity holds."
    })
final class RehearseCommand implements Callable<Integer> {

  /** Where a crash is rehearsed. */
  enum StageName {
    QEMU
  }

  /** What {@code --strategy} takes. */
  enum StrategyName {
    NONE,
    IDENTITY,
    ADOPT,
    OFF,
    ALL
  }

  /** What {@code --hand} takes. */
  enum HandName {
    OUTSIDE,
    INSIDE,
    BOTH
  }

  private static final int KEPT_COLUMNS = 100;

  private final Terminal terminal;

  @Option(
      names = "--stage",
      required = true,
      paramLabel = "STAGE",
      description = "Where: qemu, a real kernel.")
  @SuppressWarnings("UnusedVariable") // there is one so far; picocli refuses any other
  private StageName stage;

  @Option(
      names = "--strategy",
      defaultValue = "all",
      paramLabel = "NAME",
      description = "none, identity, adopt, off or all; default: ${DEFAULT-VALUE}.")
  private StrategyName strategy;

  @Option(
      names = "--hand",
      defaultValue = "both",
      paramLabel = "HAND",
      description = "Who arms for identity: outside, inside or both; default: ${DEFAULT-VALUE}.")
  private HandName hand;

  @Option(
      names = "--memory",
      defaultValue = "1G",
      converter = SizeConverter.class,
      paramLabel = "SIZE",
      description = "The guest's memory; default: ${DEFAULT-VALUE}.")
  private long memoryBytes;

  @Option(
      names = "--cpus",
      defaultValue = "1",
      paramLabel = "N",
      description = "Processors of the primary kernel; default: ${DEFAULT-VALUE}.")
  private int cpuCount;

  @Option(
      names = "--crashkernel",
      defaultValue = "256M",
      paramLabel = "TEXT",
      description = "What stands behind crashkernel=, e.g. 512M,high; default: ${DEFAULT-VALUE}.")
  private String crashkernel;

  @Option(
      names = "--disk",
      defaultValue = "nvme",
      paramLabel = "KIND",
      description = "What takes the dump: nvme or ahci; default: ${DEFAULT-VALUE}.")
  private DiskKind disk;

  @Option(
      names = "--kernel",
      defaultValue = "cloud",
      paramLabel = "FLAVOUR",
      description =
          "Debian's cloud or full kernel; ahci takes the full one. Default: ${DEFAULT-VALUE}.")
  private KernelFlavour flavour;

  @Option(names = "--no-kaslr", description = "Boot the kernels with nokaslr.")
  private boolean withoutKaslr;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description =
          "Keep consoles, the IOMMU's trace, the dump (vmcore) and the verdict there, in a folder "
              + "for each strategy.")
  private Optional<Path> keep;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  RehearseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, PartsUnavailableException {
    GuestConfig config = config();
    Optional<KeepDirectory> kept = Optional.empty();
    if (keep.isPresent()) {
      kept = Optional.of(KeepDirectory.open(keep.get()));
    }
    LabParts parts =
        Parts.inUsersCache(terminal::complain).prepare(config.flavour(), moduleSources());
    Stage qemu = new QemuStage(parts, config, kept);
    List<Scenario> scenarios = scenarios();
    List<Rehearsal> rehearsals = new ArrayList<>();
    try (TickingProgress progress = TickingProgress.of(Progress.on(terminal, System::nanoTime))) {
      for (Scenario scenario : scenarios) {
        int number = rehearsals.size() + 1;
        Rehearsal rehearsal =
            qemu.rehearse(scenario, what -> progress.update(what, number, scenarios.size()));
        rehearsals.add(rehearsal);
        if (kept.isPresent()) {
          keepVerdict(kept.get().folder(scenario), rehearsal);
        }
      }
    }
    report(rehearsals);
    return exitCode(rehearsals).number();
  }

  private GuestConfig config() {
    return GuestConfig.defaults()
        .withMemoryBytes(memoryBytes)
        .withCpuCount(cpuCount)
        .withFlavour(flavour)
        .withDisk(disk)
        .withKaslr(!withoutKaslr)
        .withCrashkernel(crashkernel);
  }

  private static Optional<Path> moduleSources() {
    return Optional.ofNullable(System.getProperty("crashlane.home"))
        .map(home -> Path.of(home, "host", "module"))
        .filter(Files::isDirectory);
  }

  private List<Scenario> scenarios() {
    return switch (strategy) {
      case NONE -> List.of(Scenario.of(MappingMode.VTD, Strategy.NONE));
      case IDENTITY -> identity();
      case ADOPT -> List.of(Scenario.of(MappingMode.VTD, Strategy.ADOPT));
      case OFF -> List.of(Scenario.of(MappingMode.VTD, Strategy.OFF));
      case ALL -> {
        List<Scenario> all = new ArrayList<>(List.of(Scenario.of(MappingMode.VTD, Strategy.NONE)));
        all.addAll(identity());
        all.add(Scenario.of(MappingMode.VTD, Strategy.ADOPT));
        all.add(Scenario.of(MappingMode.VTD, Strategy.OFF));
        yield all;
      }
    };
  }

  private List<Scenario> identity() {
    return switch (hand) {
      case OUTSIDE -> List.of(Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE));
      case INSIDE -> List.of(Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE));
      case BOTH ->
          List.of(
              Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE),
              Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE));
    };
  }

  private void report(List<Rehearsal> rehearsals) {
    RehearsalReport report = new RehearsalReport(terminal.columns(), terminal.colours());
    if (json) {
      terminal.out().print(JsonReport.text(RehearsalJson.of(rehearsals)));
    } else {
      terminal.out().print(report.table(rehearsals));
      rehearsals.forEach(r -> terminal.out().print("\n" + report.details(r)));
    }
  }

  private static void keepVerdict(Path folder, Rehearsal rehearsal) throws IOException {
    List<Rehearsal> one = List.of(rehearsal);
    RehearsalReport report = new RehearsalReport(KEPT_COLUMNS, Colours.off());
    Files.writeString(
        folder.resolve(KeepDirectory.VERDICT_JSON), JsonReport.text(RehearsalJson.of(one)));
    Files.writeString(
        folder.resolve(KeepDirectory.VERDICT_TEXT),
        report.table(one) + "\n" + report.details(rehearsal));
  }

  /** Of several, only identity promises to hold; the others are there to be seen failing it. */
  private static ExitCode exitCode(List<Rehearsal> rehearsals) {
    if (rehearsals.size() == 1) {
      return ExitCode.of(rehearsals.getFirst().verdict().answer());
    }
    Answer worst =
        rehearsals.stream()
            .filter(r -> r.scenario().strategy() == Strategy.IDENTITY)
            .map(r -> r.verdict().answer())
            .max((a, b) -> Integer.compare(rank(a), rank(b)))
            .orElse(Answer.UNKNOWN);
    return ExitCode.of(worst);
  }

  private static int rank(Answer answer) {
    return switch (answer) {
      case HOLDS -> 0;
      case UNKNOWN -> 1;
      case BROKEN -> 2;
    };
  }
}
