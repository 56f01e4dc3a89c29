// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import picocli.CommandLine.Command;

/** {@code crashlane oracle}: what holds crashlane's own IOMMU against another one. */
@Command(
    name = "oracle",
    synopsisSubcommandLabel = "COMMAND",
    description = "Compare crashlane's own IOMMUs with recorded probes of others.")
final class OracleCommand extends CommandGroup {
  OracleCommand(Terminal terminal) {
    super(terminal);
  }
}
