// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.crashlane.report.JsonReport.names;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.crashlane.acpi.AcpiFile;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.linux.Effect;
import org.crashlane.linux.LinuxView;
import org.crashlane.report.AcpiJson;
import org.crashlane.report.JsonReport;
import org.crashlane.report.LinuxViewJson;
import org.crashlane.report.LinuxViewText;
import org.crashlane.report.TableProblemText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane acpi show}. */
@Command(
    name = "show",
    description = {
      "Say what Linux makes of DMAR, IVRS and APIC tables (is DMA translated, are interrupts "
          + "remapped, what is refused or dropped, which units are used, which devices have "
          + "none), and decode them and IORT tables below.",
      "The files are tables of one machine; if two of them contain the same table, each file is a "
          + "machine of its own."
    },
    exitCodeList = {
      "0:the tables are usable; notes change nothing",
      "1:Linux refuses or drops something, or a table is malformed",
      "2:bad usage, or a file that cannot be read"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo crashlane acpi show /sys/firmware/acpi/tables/{DMAR,APIC}",
      "  sudo acpidump | crashlane acpi show -",
      "  crashlane acpi show --json dmar.dat | jq '.tables[].structures[].name'"
    })
final class AcpiShowCommand implements Callable<Integer> {
  /** The largest table seen on a real machine has some KiB; all of one as text, some MiB. */
  private static final int FILE_BYTES_MAX = 1 << 24;

  /** What Linux calls the tables that are decoded. */
  private static final List<String> TABLES = List.of("DMAR", "IVRS", "APIC", "IORT");

  private final Terminal terminal;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "A table's bytes, as the kernel shows them; or the text of acpidump, of iasl -d, of xxd "
              + "or hexdump; - is the standard input.")
  private List<String> files;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  AcpiShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ExitCode code = ExitCode.HOLDS;
    List<AcpiFile> read = new ArrayList<>();
    for (String name : files) {
      InputFile file = new InputFile(name);
      try {
        refuseDirectory(name);
        read.add(AcpiFile.read(file.source(), file.read(FILE_BYTES_MAX, terminal.in())));
      } catch (IOException | MalformedInputException e) {
        // The files behind it are shown all the same.
        terminal.complain(Failure.describe(e));
        code = ExitCode.BAD_INPUT;
      }
    }
    List<List<AcpiFile.Found>> machines = machines(read);
    List<LinuxView> views = machines.stream().map(AcpiShowCommand::view).toList();
    if (json) {
      terminal.out().print(JsonReport.text(document(machines, views)));
    } else {
      printText(read, machines, views);
    }
    boolean usable =
        views.stream()
            .noneMatch(view -> view.has(Effect.REFUSES_ALL) || view.has(Effect.DROPS_PART));
    return (code == ExitCode.HOLDS && !usable ? ExitCode.BROKEN : code).number();
  }

  /** Says which of its files are meant. */
  private static void refuseDirectory(String name) throws IOException {
    if (name.isEmpty() || !Files.isDirectory(Path.of(name))) {
      return;
    }
    List<Path> tables =
        TABLES.stream().map(Path.of(name)::resolve).filter(Files::isRegularFile).toList();
    throw new IOException(
        name
            + ": is a directory"
            + (tables.isEmpty()
                ? " without a DMAR or IVRS table: firmware describes no IOMMU there"
                : "; did you mean 'crashlane acpi show %s'?"
                    .formatted(
                        tables.stream().map(Path::toString).collect(Collectors.joining(" ")))));
  }

  /** All tables together, unless two files have the same: then they are of several machines. */
  private static List<List<AcpiFile.Found>> machines(List<AcpiFile> files) {
    List<List<AcpiFile.Found>> each = files.stream().map(AcpiFile::tables).toList();
    Set<String> seen = new HashSet<>();
    boolean severalMachines =
        each.stream()
            .anyMatch(tables ->
                !tables.stream()
                    .map(found -> found.table().header().signature())
                    .distinct()
                    .allMatch(seen::add));
    List<AcpiFile.Found> together = each.stream().flatMap(List::stream).toList();
    return severalMachines || together.isEmpty() ? each : List.of(together);
  }

  private static LinuxView view(List<AcpiFile.Found> machine) {
    return new LinuxView(machine.stream().map(AcpiFile.Found::table).toList());
  }

  private void printText(
      List<AcpiFile> read, List<List<AcpiFile.Found>> machines, List<LinuxView> views) {
    boolean several = files.size() > 1 || machines.stream().mapToInt(List::size).sum() > 1;
    for (int i = 0; i < machines.size(); i++) {
      String sources =
          machines.get(i).stream()
              .map(AcpiFile.Found::source)
              .distinct()
              .collect(Collectors.joining(", "));
      terminal
          .out()
          .print(
              (i > 0 ? "\n" : "")
                  + (several ? sources + ":\n" : "")
                  + LinuxViewText.of(views.get(i)));
      for (AcpiFile.Found found : machines.get(i)) {
        terminal
            .out()
            .print(
                "\n"
                    + (several ? found.source() + ":\n" : "")
                    + TableProblemText.of(found.table()));
      }
    }
    for (AcpiFile file : read) {
      if (!file.passedOver().isEmpty()) {
        terminal.out().println("Passed over: " + passedOver(file.passedOver()));
      }
    }
  }

  private static String passedOver(Map<String, Integer> tables) {
    return tables.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e -> e.getValue() == 1 ? e.getKey() : e.getKey() + " (" + e.getValue() + ")")
        .collect(Collectors.joining(", "));
  }

  private static ObjectNode document(List<List<AcpiFile.Found>> machines, List<LinuxView> views) {
    ObjectNode document = JsonReport.document();
    ArrayNode tables = document.putArray("tables");
    ArrayNode linux = document.putArray("linux");
    for (int i = 0; i < machines.size(); i++) {
      for (AcpiFile.Found found : machines.get(i)) {
        tables.addObject().put("source", found.source()).setAll(AcpiJson.of(found.table()));
      }
      linux
          .addObject()
          .set("sources", names(machines.get(i).stream().map(AcpiFile.Found::source).toList()))
          .setAll(LinuxViewJson.of(views.get(i)));
    }
    return document;
  }
}
