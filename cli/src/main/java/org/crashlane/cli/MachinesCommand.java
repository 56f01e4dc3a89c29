// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.JsonReport;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane machines}. */
@Command(
    name = "machines",
    description = "List the machines that come with crashlane, to rehearse on or to copy.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane machines",
      "  crashlane machines show vtd >my.yaml",
      "  crashlane machines --schema >machine.schema.json"
    },
    exitCodeList = {"0:done", "2:bad usage"})
final class MachinesCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(
      names = "--schema",
      description = "Print the JSON Schema of machine files instead, for editors and checkers.")
  private boolean schema;

  MachinesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (schema && json) {
      throw new IllegalArgumentException("--schema is JSON: --json cannot be given as well");
    }
    List<MachineSpec> machines =
        BuiltInMachines.names().stream()
            .map(name -> BuiltInMachines.find(name).orElseThrow())
            .toList();
    terminal.out().print(schema ? MachineFile.schema() : json ? json(machines) : table(machines));
    return ExitCode.HOLDS.number();
  }

  private String table(List<MachineSpec> machines) {
    Table table = Table.of(Column.left("name"), Column.left("mapping"), Column.left("summary"));
    machines.forEach(m ->
        table.row(
            List.of(
                new Cell(m.name(), Style.STRONG),
                Cell.of(m.mode().label()),
                Cell.of(m.summary()))));
    return table.render(terminal.columns(), terminal.colours());
  }

  private static String json(List<MachineSpec> machines) {
    return JsonReport.text(
        JsonReport.document().set("machines", JsonReport.array(machines, MachinesCommand::json)));
  }

  private static ObjectNode json(MachineSpec machine) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", machine.name())
        .put("mapping", machine.mode().label())
        .put("summary", machine.summary());
  }
}
