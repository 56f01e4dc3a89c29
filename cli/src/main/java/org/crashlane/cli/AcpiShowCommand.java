// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.report.AcpiJson;
import org.crashlane.report.JsonReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane acpi show}. */
@Command(
    name = "show",
    description = {
      "Show DMAR and IVRS tables: IOMMUs, the devices behind them, memory that firmware keeps "
          + "using.",
      "What is wrong with a table is said after it, and ends the command with 1; a wrong checksum "
          + "of a DMAR alone does not: Linux uses such a table, but no such IVRS."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo crashlane acpi show /sys/firmware/acpi/tables/DMAR",
      "  sudo crashlane acpi show /sys/firmware/acpi/tables/IVRS",
      "  crashlane acpi show --json dmar.dat | jq '.tables[].structures[] | select(.name==\"RMRR\")'"
    })
final class AcpiShowCommand implements Callable<Integer> {
  /** The largest table seen on a real machine has some KiB. */
  private static final int TABLE_BYTES_MAX = 1 << 24;

  private final Terminal terminal;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "A table's bytes, as the kernel shows them; - is the standard input.")
  private List<String> files;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  AcpiShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ArrayNode tables = JsonNodeFactory.instance.arrayNode();
    ExitCode code = ExitCode.HOLDS;
    boolean several = files.size() > 1;
    for (String name : files) {
      InputFile file = new InputFile(name);
      try {
        AcpiTable table = AcpiTable.read(file.source(), file.read(TABLE_BYTES_MAX, terminal.in()));
        if (code == ExitCode.HOLDS && !table.isUsable()) {
          code = ExitCode.BROKEN;
        }
        if (json) {
          ObjectNode node = JsonNodeFactory.instance.objectNode().put("source", file.source());
          node.setAll(AcpiJson.of(table));
          tables.add(node);
        } else {
          terminal.out().print((several ? file.source() + ":\n" : "") + table.describe());
        }
      } catch (IOException | MalformedInputException e) {
        // The files behind it are shown all the same.
        terminal.complain(Failure.describe(e));
        code = ExitCode.BAD_INPUT;
      }
    }
    if (json) {
      ObjectNode document = JsonNodeFactory.instance.objectNode().put("schema", JsonReport.SCHEMA);
      document.set("tables", tables);
      terminal.out().print(JsonReport.text(document));
    }
    return code.number();
  }
}
