// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.report.JsonReport;
import org.crashlane.report.MachineJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane machines show}. */
@Command(
    name = "show",
    description = "Print a machine's file, to read it or to copy and change it.",
    exitCodeList = {"0:done", "2:bad usage, or no such machine"},
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane machines show vtd >my.yaml; crashlane rehearse my.yaml",
      "  crashlane machines show --json my.yaml"
    })
final class MachinesShowCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--json",
      description = {
        "Print one JSON document instead: what is known of the machine, and where from.",
        "NAME may be a machine's file."
      })
  private boolean json;

  @Parameters(paramLabel = "NAME", description = "Which: 'crashlane machines' lists them.")
  private String name = "";

  MachinesShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (json) {
      terminal.out().print(JsonReport.text(json(MachineArgument.read(name))));
      return ExitCode.HOLDS.number();
    }
    String text =
        BuiltInMachines.text(name)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "machine " + Converters.unknown(name, BuiltInMachines.names())));
    terminal.out().print(text);
    return ExitCode.HOLDS.number();
  }

  private static ObjectNode json(MachineSpec machine) {
    return JsonReport.document()
        .put("name", machine.name())
        .put("mapping", machine.mode().label())
        .put("summary", machine.summary())
        .set("machine", MachineJson.of(machine.known()));
  }
}
