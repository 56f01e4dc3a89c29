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
      "Remove from a guest what 'crashlane arm' wrote, by its journal, byte for byte.",
      "Also after an arming that was killed in the middle. A word that somebody else has changed "
          + "since is left as it is, and named."
    },
    footerHeading = "%nExample:%n",
    footer = {"  crashlane disarm qemu:/run/guest.qmp"},
    exitCodeList = {
      "0:all is as it was before",
      "1:incomplete: something had to be left, and is named",
      "2:bad usage, or nothing could be restored"
    })
final class DisarmCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "qemu:SOCKET", description = "The guest's control socket.")
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
