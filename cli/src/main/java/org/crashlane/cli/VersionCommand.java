// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** {@code crashlane version}. */
@Command(
    name = "version",
    description = "Show the versions of crashlane, of the Java it runs on and of the system.",
    exitCodeList = {"0:done", "2:bad usage"})
final class VersionCommand implements Callable<Integer> {
  private final Terminal terminal;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    lines().forEach(line -> terminal.out().println(line));
    return ExitCode.HOLDS.number();
  }

  private static List<String> lines() throws IOException {
    Properties own = new Properties();
    try (InputStream in = VersionCommand.class.getResourceAsStream("version.properties")) {
      own.load(in);
    }
    return List.of(
        "crashlane " + own.getProperty("version"),
        "java %s (%s)".formatted(Runtime.version(), System.getProperty("java.vendor")),
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
  }

  /** For {@code --version}. */
  static final class Lines implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      return lines().toArray(String[]::new);
    }
  }
}
