// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.crashlane.guest.live.GuestReader;
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
import org.crashlane.report.EvidenceText;
import org.crashlane.report.JsonReport;
import org.crashlane.report.ReasonText;
import org.crashlane.report.Sizes;
import org.crashlane.rule.Evidence.Fact;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code crashlane tables walk}. */
@Command(
    name = "walk",
    description = {
      "Show every mapping of every device of a live guest, by table.",
      "Devices that share a table are listed with it once; contiguous mappings are one line. The "
          + "guest is paused for the moment the walk takes; nothing is written to it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane tables walk qemu:/run/guest.qmp",
      "  crashlane tables walk qemu:/run/guest.qmp --json | jq '.tables | length'"
    },
    exitCodeList = {
      "0:all tables were read",
      "2:bad usage, or no such guest",
      "3:a table page could not be read, the IOMMU is of an unknown kind, or the guest could not"
          + " be paused"
    })
final class TablesWalkCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      paramLabel = "qemu:SOCKET",
      description = "The guest's control socket (-qmp unix:SOCKET,server=on,wait=off).")
  private GuestSocket socket;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  TablesWalkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    GuestTables tables;
    try (GuestReader guest = GuestReader.attach(socket.path())) {
      tables = guest.walk();
    } catch (UnreadIommuException e) {
      terminal.complain(Failure.describe(e));
      return ExitCode.UNKNOWN.number();
    }
    if (json) {
      terminal.out().print(JsonReport.text(TablesJson.of(tables)));
    } else {
      print(tables, terminal.out());
    }
    return (tables.isWhole() && !tables.readWhileRunning() ? ExitCode.HOLDS : ExitCode.UNKNOWN)
        .number();
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
              + String.join(" ", listing.devices().stream().map(Object::toString).toList()));
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
