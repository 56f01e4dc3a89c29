// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.concurrent.Callable;
import org.crashlane.model.spec.file.BuiltInMachines;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code crashlane machines show}. */
@Command(
    name = "show",
    description = "Print a machine's file, to read it or to copy and change it.",
    exitCodeList = {"0:done", "2:bad usage, or no such machine"},
    footerHeading = "%nExample:%n",
    footer = "  crashlane machines show vtd >my.yaml; crashlane rehearse my.yaml")
final class MachinesShowCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "NAME", description = "Which: 'crashlane machines' lists them.")
  private String name = "";

  MachinesShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String text =
        BuiltInMachines.text(name)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "machine " + Converters.unknown(name, BuiltInMachines.names())));
    terminal.out().print(text);
    return ExitCode.HOLDS.number();
  }
}
