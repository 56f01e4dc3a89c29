// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import picocli.CommandLine.Command;

/** {@code crashlane tables}: what is about IOMMU tables. */
@Command(
    name = "tables",
    synopsisSubcommandLabel = "COMMAND",
    description = "Read the IOMMU page tables of a live guest.")
final class TablesCommand extends CommandGroup {
  TablesCommand(Terminal terminal) {
    super(terminal);
  }
}
