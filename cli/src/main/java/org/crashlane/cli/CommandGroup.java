// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that does nothing but hold others. */
@Command(synopsisSubcommandLabel = "COMMAND")
class CommandGroup implements Callable<Integer> {
  final Terminal terminal;

  @Spec private CommandSpec spec;

  CommandGroup(Terminal terminal) {
    this.terminal = terminal;
  }

  /** {@return a group of this name, with {@code commands} in it} */
  static CommandLine of(Terminal terminal, String name, String description, List<Object> commands) {
    CommandLine line = new CommandLine(new CommandGroup(terminal));
    line.getCommandSpec().name(name).usageMessage().description(description);
    commands.forEach(line::addSubcommand);
    return line;
  }

  /** Without a command: says what there is, and where to begin. */
  @Override
  public final Integer call() {
    spec.commandLine().usage(terminal.err());
    terminal.complain("no command given: try '%s'".formatted(first()));
    return ExitCode.BAD_INPUT.number();
  }

  /** {@return what to try first} */
  String first() {
    return spec.qualifiedName() + " " + spec.subcommands().keySet().iterator().next() + " -h";
  }
}
