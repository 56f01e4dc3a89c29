// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.crashlane.arming.Planner;
import org.crashlane.guest.live.GuestReader;
import org.crashlane.guest.live.GuestReader.Judged;
import org.crashlane.guest.live.GuestTables;
import org.crashlane.guest.live.UnreadIommuException;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.report.EvidenceText;
import org.crashlane.report.ForecastReport;
import org.crashlane.report.JsonReport;
import org.crashlane.report.ReasonText;
import org.crashlane.report.Sizes;
import org.crashlane.report.TextReport;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code crashlane tables walk}. */
@Command(
    name = "walk",
    description = {
      "Show every mapping of every device of a live guest, by table.",
      "Devices that share a table are listed with it once; contiguous mappings are one line. The "
          + "guest is paused for the moment the walk takes; nothing is written to it.",
      "",
      "With --crash-range it ends with a verdict: whether a dump is predicted, then whether the Kdump"
          + " IO Rule holds, with the findings. That the range is the guest's crash range is confirmed"
          + " by the capture kernel that is loaded in it; without one, the verdict is unknown."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane tables walk qemu:/run/guest.qmp",
      "  crashlane tables walk qemu:/run/guest.qmp --crash-range 2e000000-3dffffff",
      "  crashlane tables walk qemu:/run/guest.qmp --json | jq '.tables | length'"
    },
    exitCodeList = {
      "0:all tables were read, and with --crash-range the rule holds",
      "1:with --crash-range: the rule is broken",
      "2:bad usage, or no such guest",
      "3:a table page could not be read, the IOMMU is of an unknown kind, the guest could not be"
          + " paused, or with --crash-range whether the rule holds is unknown"
    })
final class TablesWalkCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      paramLabel = "qemu:SOCKET",
      description = "The guest's control socket (-qmp unix:SOCKET,server=on,wait=off).")
  private GuestSocket socket;

  @Option(
      names = "--crash-range",
      paramLabel = "FIRST-LAST",
      description =
          "The crash range, for a verdict: what the guest's /proc/iomem calls \"Crash kernel\"."
              + " Hexadecimal, both ends included; may be repeated.")
  private List<AddressRange> crashRanges = List.of();

  @Option(
      names = "--device",
      paramLabel = "[ssss:]bb:dd.f",
      description =
          "The dump goes through this device; may be repeated. Default: any disk controller. Needs"
              + " --crash-range.")
  private Set<RequesterId> devices = Set.of();

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  TablesWalkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (crashRanges.isEmpty() && !devices.isEmpty()) {
      throw new IllegalArgumentException("--device needs --crash-range");
    }
    try (GuestReader guest = GuestReader.attach(socket.path())) {
      return (crashRanges.isEmpty()
              ? walked(guest.walk())
              : judged(guest.judge(crashRanges.stream().distinct().toList(), devices)))
          .number();
    } catch (UnreadIommuException e) {
      terminal.complain(Failure.describe(e));
      return ExitCode.UNKNOWN.number();
    }
  }

  private ExitCode walked(GuestTables tables) {
    if (json) {
      terminal.out().print(JsonReport.text(TablesJson.of(tables)));
    } else {
      print(tables, terminal.out());
    }
    return isSound(tables) ? ExitCode.HOLDS : ExitCode.UNKNOWN;
  }

  private static boolean isSound(GuestTables tables) {
    return tables.isWhole() && !tables.readWhileRunning();
  }

  /** Shows the tables, and ends with the verdict on them. */
  ExitCode judged(Judged judged) {
    Verdict verdict = judged.judged().verdict();
    if (json) {
      terminal.out().print(JsonReport.text(TablesJson.of(judged)));
    } else {
      print(judged.tables(), terminal.out());
      String forecast =
          new ForecastReport(terminal.columns(), terminal.colours())
              .of(verdict, judged.judged().capture(), commands(judged.tables()));
      String findings = new TextReport(terminal.columns(), terminal.colours()).of(verdict);
      terminal.out().print("\n" + forecast + "\n" + findings);
    }
    return verdict.answer() == Answer.HOLDS && !isSound(judged.tables())
        ? ExitCode.UNKNOWN
        : ExitCode.of(verdict.answer());
  }

  private List<String> commands(GuestTables tables) {
    return Planner.refusal(tables.state()).isPresent()
        ? List.of()
        : List.of("crashlane arm " + socket + " --when-crashed");
  }

  private static void print(GuestTables tables, PrintWriter out) {
    if (tables.readWhileRunning()) {
      out.println(EvidenceText.of(Fact.READ_WHILE_RUNNING));
    }
    tables.state().description().forEach(out::println);
    if (tables.state().isPassing()) {
      out.println("The IOMMU does not translate: DMA passes as it is.");
      return;
    }
    for (Attachment attachment : tables.attachments()) {
      out.println(
          attachment.requester()
              + "  "
              + tables.name(attachment.requester())
              + ": "
              + what(attachment));
    }
    tables.malformations().forEach(m -> print(m, out));
    for (GuestTables.Listing listing : tables.tables()) {
      out.println();
      out.println(
          "table "
              + listing.table()
              + " of "
              + listing.devices().stream()
                  .map(d -> (d + " " + tables.name(d)).stripTrailing())
                  .collect(Collectors.joining(", ")));
      if (listing.mappings().isEmpty()) {
        out.println("  nothing is mapped");
      }
      for (Mapping mapping : listing.mappings()) {
        out.println(
            "  %s  %s%s"
                .formatted(
                    mapping,
                    Sizes.binary(mapping.iova().sizeBytes()),
                    mapping.isIdentity() ? "  identity" : ""));
      }
      if (listing.unlistedCount() > 0) {
        out.println("  and " + listing.unlistedCount() + " more");
      }
      listing.malformations().forEach(m -> print(m, out));
    }
  }

  private static String what(Attachment attachment) {
    return switch (attachment) {
      case Translated t -> "table " + t.table() + rest(t.domainId(), t.permissions());
      case PassThrough p -> "passes untranslated" + rest(p.domainId(), p.permissions());
      case Blocked b -> "blocked: " + ReasonText.of(b.reason());
      case Unsupported u -> "not read: " + ReasonText.of(u.reason());
    };
  }

  /** What the device's own entry withholds, the tables do not show. */
  private static String rest(int domainId, Permissions permissions) {
    String domain = ", domain " + domainId;
    return permissions == Permissions.READ_WRITE
        ? domain
        : domain + ", no more than " + permissions;
  }

  private static void print(Malformation malformation, PrintWriter out) {
    out.println("  MALFORMED " + ReasonText.of(malformation));
  }
}
