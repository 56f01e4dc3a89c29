// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.crashlane.guest.ShutdownHook;
import org.crashlane.model.spec.file.NearestName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program. Each command is a class of its own; they are listed in {@link #commandLine}. */
@Command(
    name = "crashlane",
    description = {
      "Tests whether kdump works behind an IOMMU, and prepares it.",
      "",
      "When Linux panics, the capture kernel writes the dump through devices that sit behind "
          + "whatever IOMMU the dead kernel left running. crashlane says whether that will work, "
          + "what spoils it, and sets up what it needs (the Kdump IO Rule)."
    },
    versionProvider = VersionCommand.Lines.class,
    exitCodeList = {
      "0:good: the dump is complete, the rule holds, or what was asked for is done",
      "1:bad: the dump is lost or differs, the rule is broken, or what was compared differs, is"
          + " refused by Linux or could not be restored",
      "2:bad input or usage, or refused: nothing was written",
      "3:unknown: something that decides could not be read, or did not happen in time"
    },
    footer = {"", "'crashlane COMMAND -h' describes a command, with examples."})
final class Main extends CommandGroup {
  /** picocli refuses anything narrower. */
  private static final int HELP_WIDTH_MIN = 55;

  private static final int HELP_WIDTH_MAX = 100;

  /** What picocli says first of a wrong argument, which then speaks for itself. */
  private static final Pattern POSITION =
      Pattern.compile("^Invalid value for positional parameter at index \\S+ \\(.*?\\): ");

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "On failure, also show where in the program it happened.")
  private boolean debug;

  @Mixin
  @SuppressWarnings("UnusedVariable") // read before, by OutputOptions#read
  private OutputOptions output = new OutputOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and exit.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean version;

  /** Set where a command ended by an exception: what it printed is not its result. */
  private boolean broken;

  private Main(Terminal terminal) {
    super(terminal);
  }

  /** Runs the program and ends the process. */
  public static void main(String... args) {
    RememberingOutput out = new RememberingOutput(new FileOutputStream(FileDescriptor.out));
    Terminal terminal = Terminal.ofProcess(System.getProperties(), System.getenv(), out);
    int code = run(terminal, args);
    terminal.out().flush();
    if (out.loss().isPresent()) {
      terminal.complain("standard output: " + out.loss().get());
      code = ExitCode.BAD_INPUT.number();
    }
    terminal.err().flush();
    System.exit(code);
  }

  /** {@return the exit code after running {@code args}} */
  static int run(Terminal plain, String... args) {
    OutputOptions options = OutputOptions.read(args);
    Terminal terminal = options.applied(plain);
    if (options.output().isEmpty()) {
      return new Main(terminal).execute(helpLast(args));
    }
    try (OutputFile file = OutputFile.of(options.output().get())) {
      Main main = new Main(terminal.with(file.writer(), terminal.colours()));
      int code = main.execute(helpLast(args));
      // A command that complains and prints nothing has no result to keep.
      if (!main.broken && (code == 0 || file.isWritten())) {
        file.keep();
      }
      return code;
    } catch (IOException e) {
      terminal.complain(Failure.describe(e));
      return ExitCode.BAD_INPUT.number();
    }
  }

  /**
   * {@return {@code args}, with -h or --version that goes before a command as that command's own}
   */
  private static String[] helpLast(String... args) {
    List<String> first = List.of("-h", "--help", "-V", "--version");
    if (args.length < 2 || !first.contains(args[0])) {
      return args;
    }
    List<String> last = new ArrayList<>(List.of(args).subList(1, args.length));
    last.add(args[0]);
    return last.toArray(String[]::new);
  }

  private int execute(String... args) {
    try {
      return commandLine().execute(args);
    } catch (RuntimeException | Error e) {
      // picocli hands on exceptions of commands only. Without this an exhausted heap would end in
      // exit code 1, which says that the rule is broken.
      return failed(e);
    }
  }

  @Override
  String first() {
    return "crashlane rehearse";
  }

  /** {@return the program with all its commands} */
  static CommandLine commandLine(Terminal terminal) {
    return new Main(terminal).commandLine();
  }

  private CommandLine commandLine() {
    CommandLine line = new CommandLine(this);
    line.addSubcommand(
        CommandGroup.of(
            terminal,
            "acpi",
            "Decode the firmware's tables of IOMMUs, and say what Linux makes of them.",
            List.of(new AcpiShowCommand(terminal))));
    line.addSubcommand(
        CommandGroup.of(
            terminal,
            "oracle",
            "Compare crashlane's own IOMMUs with recorded probes of others.",
            List.of(new OracleReplayCommand(terminal))));
    line.addSubcommand(new KernelsCommand(terminal));
    line.addSubcommand(new ArmCommand(terminal));
    line.addSubcommand(new DisarmCommand(terminal));
    line.addSubcommand(new ExplainCommand(terminal));
    line.addSubcommand(new HelpCommand(terminal));
    line.addSubcommand(
        new CommandLine(new MachinesCommand(terminal))
            .addSubcommand(new MachinesShowCommand(terminal)));
    line.addSubcommand(RehearseCommand.of(terminal));
    line.addSubcommand(
        CommandGroup.of(
            terminal,
            "tables",
            "Read the IOMMU page tables of a live guest.",
            List.of(new TablesWalkCommand(terminal))));
    line.addSubcommand(new VersionCommand(terminal));
    setHeadings(line);
    line.setOut(terminal.out());
    line.setErr(terminal.err());
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(terminal.colours().on() ? Ansi.ON : Ansi.OFF));
    line.setUsageHelpWidth(Math.clamp(terminal.columns(), HELP_WIDTH_MIN, HELP_WIDTH_MAX));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler((e, at, parsed) -> failed(e));
    line.setParameterExceptionHandler((e, args) -> misused(e));
    return Converters.register(line);
  }

  /** Headings are no settings that picocli hands down to subcommands. */
  private static void setHeadings(CommandLine line) {
    line.getCommandSpec()
        .usageMessage()
        .parameterListHeading("%n")
        .optionListHeading("%nOptions:%n")
        .commandListHeading("%nCommands:%n");
    if (!line.getCommandSpec().usageMessage().exitCodeList().isEmpty()) {
      line.getCommandSpec().usageMessage().exitCodeListHeading("%nExit status:%n");
    }
    line.getSubcommands().values().forEach(Main::setHeadings);
  }

  private int failed(Throwable thrown) {
    broken = true;
    if (ShutdownHook.isStopping()) {
      // Told to stop (Ctrl-C, SIGTERM): what fails now fails because its guest was taken away.
      return ExitCode.UNKNOWN.number();
    }
    terminal.complain(Failure.describe(thrown));
    if (debug) {
      terminal.trace(thrown);
    }
    return ExitCode.BAD_INPUT.number();
  }

  private int misused(ParameterException e) {
    broken = true;
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    terminal.complain(message(e));
    terminal.complain("try '" + command + " -h'");
    return ExitCode.BAD_INPUT.number();
  }

  /** picocli counts arguments from 0 and guesses at nothing. */
  private static String message(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return POSITION.matcher(String.valueOf(e.getMessage())).replaceFirst("");
    }
    String word = unmatched.getUnmatched().getFirst();
    CommandLine command = e.getCommandLine();
    if (word.startsWith("-")) {
      Set<String> options = command.getCommandSpec().optionsMap().keySet();
      return "unknown option '%s'%s"
          .formatted(
              word,
              NearestName.of(word, options)
                  .map(name -> "; did you mean '%s'?".formatted(name))
                  .orElse(""));
    }
    return HelpCommand.noSuchCommand(word, command.getSubcommands().keySet());
  }
}
