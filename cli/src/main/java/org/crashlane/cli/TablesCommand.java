// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import picocli.CommandLine.Command;

/** {@code crashlane tables}: what is about IOMMU tables. */
@Command(
    name = "tables",
    synopsisSubcommandLabel = "COMMAND",
    description = "What a running IOMMU's tables say.")
final class TablesCommand extends CommandGroup {
  TablesCommand(Terminal terminal) {
    super(terminal);
  }
}
