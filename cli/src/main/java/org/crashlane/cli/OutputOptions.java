// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.crashlane.report.Colours;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** Where and how every command prints. */
@Command
final class OutputOptions {
  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "No progress and no notes on the error stream; errors stay.")
  private boolean quiet;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Write the result to FILE: whole, or not at all.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      scope = ScopeType.INHERIT,
      description = "auto, always or never; default: auto, on a terminal.")
  private Color color = Color.AUTO;

  /** When results are coloured. */
  enum Color {
    AUTO,
    ALWAYS,
    NEVER
  }

  /**
   * {@return the options in {@code args}; those not given if {@code args} are wrong, which the
   * command itself then says}
   *
   * <p>They are read beforehand, since commands are made with the terminal that they print to.
   */
  static OutputOptions read(String... args) {
    OutputOptions options = new OutputOptions();
    try {
      Converters.register(new CommandLine(options))
          .setUnmatchedArgumentsAllowed(true)
          .parseArgs(args);
    } catch (ParameterException e) {
      return new OutputOptions();
    }
    return options;
  }

  /** {@return where results go, if not to the standard output} */
  Optional<Path> output() {
    return output;
  }

  /** {@return {@code terminal} as it is asked for} */
  Terminal applied(Terminal terminal) {
    Colours usual = output.isPresent() ? Colours.off() : terminal.colours();
    Colours colours =
        switch (color) {
          case AUTO -> usual;
          case ALWAYS -> new Colours(true);
          case NEVER -> Colours.off();
        };
    Terminal shown = terminal.with(terminal.out(), colours);
    return quiet ? shown.quiet() : shown;
  }
}
