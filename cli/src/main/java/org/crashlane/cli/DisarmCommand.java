// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.crashlane.arming.DisarmResult;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.report.ArmingReport;
import org.crashlane.report.JsonReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code crashlane disarm}. */
@Command(
    name = "disarm",
    description = {
      "Take out of a live guest what 'crashlane arm' put in, by its journal, byte for byte.",
      "Also after an arming that was killed in the middle. A word that somebody else has changed "
          + "since is left alone and named."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  crashlane disarm qemu:/run/guest.qmp",
      "",
      "Ends with 0 when all is as it was before, 1 when something had to be left."
    })
final class DisarmCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      paramLabel = "qemu:SOCKET",
      converter = GuestSocket.Converter.class,
      description = "The guest's control socket.")
  private GuestSocket socket;

  @Mixin private JournalOption journal;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  DisarmCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    try (OutsideHand hand = OutsideHand.attach(socket.path(), journal.directory())) {
      DisarmResult result = hand.disarm();
      terminal
          .out()
          .print(json ? JsonReport.text(ArmingReport.json(result)) : ArmingReport.text(result));
      return (result.isComplete() ? ExitCode.HOLDS : ExitCode.BROKEN).number();
    }
  }
}
