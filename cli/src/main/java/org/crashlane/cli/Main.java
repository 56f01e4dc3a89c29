// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program. Each command is a class of its own; they are listed in {@link #commandLine}. */
@Command(
    name = "crashlane",
    description = {
      "Keeps one lane open for the crash kernel.",
      "",
      "When Linux panics, the capture kernel writes the dump through devices that sit behind "
          + "whatever IOMMU the dead kernel left running. crashlane says whether that will work, "
          + "what spoils it, and sets up what it needs (the Kdump IO Rule).",
      ""
    },
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    footerHeading =
        "%nEnds with 0: the rule holds; 1: it is broken; 2: bad input or usage; " + "3: unknown.%n",
    footer = "crashlane COMMAND -h tells of a command, with examples.")
final class Main implements Callable<Integer> {
  private static final int HELP_WIDTH_MAX = 100;

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "On failure, also show where in the program it happened.")
  private boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this and stop.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  private final Terminal terminal;

  private Main(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the program and ends the process. */
  public static void main(String... args) {
    Terminal terminal = Terminal.ofProcess(System.getProperties(), System.getenv());
    int code = run(terminal, args);
    terminal.out().flush();
    terminal.err().flush();
    System.exit(code);
  }

  /** {@return the exit code after running {@code args}} */
  static int run(Terminal terminal, String... args) {
    Main main = new Main(terminal);
    CommandLine line = commandLine(main);
    try {
      return line.execute(args);
    } catch (Error e) {
      // picocli hands on exceptions only. Without this an exhausted heap would end in exit code 1,
      // which says that the rule is broken.
      return main.failed(e);
    }
  }

  private static CommandLine commandLine(Main main) {
    Terminal terminal = main.terminal;
    CommandLine line = new CommandLine(main);
    line.addSubcommand(new VersionCommand(terminal));
    line.setOut(terminal.out());
    line.setErr(terminal.err());
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(terminal.colours().on() ? Ansi.ON : Ansi.OFF));
    line.setUsageHelpWidth(Math.min(terminal.columns(), HELP_WIDTH_MAX));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler((e, at, parsed) -> main.failed(e));
    line.setParameterExceptionHandler((e, args) -> main.misused(e));
    return line;
  }

  /** Without a command: says what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(terminal.err());
    return ExitCode.BAD_INPUT.number();
  }

  private int failed(Throwable thrown) {
    terminal.err().println("crashlane: " + Failure.describe(thrown));
    if (debug) {
      thrown.printStackTrace(terminal.err());
    }
    return ExitCode.BAD_INPUT.number();
  }

  private int misused(ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    terminal.err().println("crashlane: " + e.getMessage());
    terminal.err().println("crashlane: try '" + command + " -h'");
    return ExitCode.BAD_INPUT.number();
  }
}
