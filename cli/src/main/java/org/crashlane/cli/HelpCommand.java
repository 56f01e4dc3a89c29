// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.crashlane.model.spec.file.NearestName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code crashlane help}: picocli's own goes one level down only. */
@Command(
    name = "help",
    description = "Show the help of a command, as its -h does.",
    footerHeading = "%nExamples:%n",
    footer = {"  crashlane help rehearse", "  crashlane help machines show"},
    exitCodeList = {"0:done", "2:bad usage, or no such command"})
final class HelpCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "Which, such as machines show; default: crashlane itself.")
  private List<String> words = new ArrayList<>();

  HelpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    CommandLine line = spec.parent().commandLine();
    for (String word : words) {
      CommandLine next = line.getSubcommands().get(word);
      if (next == null) {
        throw new ParameterException(line, noSuchCommand(word, line.getSubcommands().keySet()));
      }
      line = next;
    }
    line.usage(terminal.out());
    return ExitCode.HOLDS.number();
  }

  /** {@return that there is no command {@code word}, and which may be meant} */
  static String noSuchCommand(String word, Set<String> commands) {
    return commands.isEmpty()
        ? "'%s' is one argument too many".formatted(word)
        : Meant.of(word)
            .filter(_ -> NearestName.of(word, commands).isEmpty())
            .map(meant -> meant.question(word))
            .orElseGet(() ->
                "'%s' is no command: %s".formatted(word, NearestName.choices(word, commands)));
  }
}
