// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import picocli.CommandLine.Command;

/** {@code crashlane acpi}: what is about the firmware's tables. */
@Command(
    name = "acpi",
    synopsisSubcommandLabel = "COMMAND",
    description = "Decode the firmware's tables of IOMMUs, and say what Linux makes of them.")
final class AcpiCommand extends CommandGroup {
  AcpiCommand(Terminal terminal) {
    super(terminal);
  }
}
