// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.crashlane.guest.UserDirectory;
import picocli.CommandLine.Option;

/** Where the way back is kept: the same for arming and disarming. */
final class JournalOption {
  @Option(
      names = "--journal",
      paramLabel = "DIR",
      description =
          "Where the journal and the lock are kept; default: $XDG_STATE_HOME/crashlane, or "
              + "~/.local/state/crashlane.")
  private Optional<Path> directory;

  Path directory() {
    return directory.orElseGet(JournalOption::usual);
  }

  /** {@return where journals are if nobody says otherwise} */
  static Path usual() {
    return UserDirectory.STATE.ofProcess();
  }
}
