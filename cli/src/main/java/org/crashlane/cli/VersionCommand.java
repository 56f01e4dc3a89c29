// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code crashlane version}. */
@Command(
    name = "version",
    description = "Show the versions of crashlane, of the Java it runs on and of the system.")
final class VersionCommand implements Callable<Integer> {
  private final Terminal terminal;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Properties own = new Properties();
    try (InputStream in = VersionCommand.class.getResourceAsStream("version.properties")) {
      own.load(in);
    }
    terminal
        .out()
        .printf(
            "crashlane %s%njava %s (%s)%n%s %s %s%n",
            own.getProperty("version"),
            Runtime.version(),
            System.getProperty("java.vendor"),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"));
    return ExitCode.HOLDS.number();
  }
}
