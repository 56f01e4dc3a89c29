// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * What the build makes of the commands for shells and {@code man}: the launcher runs it when it has
 * built the program.
 */
final class BuildFiles {
  private static final int COLUMNS = 72;
  private static final Pattern VALUES = Pattern.compile("(?<=_option_args=)\\(.*\\)");

  private BuildFiles() {}

  /**
   * Writes {@code completion/crashlane}, for bash and, by its bashcompinit, zsh, and {@code
   * man/man1/crashlane*.1}.
   *
   * @param args the directory to write to
   */
  public static void main(String... args) throws IOException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    CommandLine root =
        Main.commandLine(Terminal.plain(InputStream.nullInputStream(), nowhere, nowhere));
    Path completion = Files.createDirectories(Path.of(args[0], "completion"));
    Files.writeString(completion.resolve("crashlane"), completion(root));
    pages(root, Files.createDirectories(Path.of(args[0], "man", "man1")));
  }

  /** {@return the script, which offers the values of options as help has them: in small letters} */
  private static String completion(CommandLine root) {
    return VALUES
        .matcher(AutoComplete.bash(root.getCommandName(), root))
        .replaceAll(values -> Matcher.quoteReplacement(values.group().toLowerCase(Locale.ROOT)));
  }

  private static void pages(CommandLine line, Path directory) throws IOException {
    String name = line.getCommandSpec().qualifiedName("-");
    Files.writeString(directory.resolve(name + ".1"), page(line));
    for (CommandLine sub : line.getSubcommands().values()) {
      pages(sub, directory);
    }
  }

  /** {@return the page of {@code line} in man's language} */
  static String page(CommandLine line) {
    line.setUsageHelpWidth(COLUMNS);
    CommandSpec spec = line.getCommandSpec();
    UsageMessageSpec usage = spec.usageMessage();
    String name = spec.qualifiedName("-");
    String brief = String.join(" ", usage.description()).replaceAll("(\\.|:) .*", "");
    StringBuilder out = new StringBuilder();
    out.append(".TH ").append(name.toUpperCase(Locale.ROOT)).append(" 1\n");
    section(out, "NAME", text(name + " - " + brief.replaceAll("\\.$", "")));
    section(out, "SYNOPSIS", asItIs(line.getHelp().synopsis(0)));
    section(out, "DESCRIPTION", asItIs(rendered(line, UsageMessageSpec.SECTION_KEY_DESCRIPTION)));
    section(out, "OPTIONS", options(spec));
    section(
        out,
        "COMMANDS",
        line.getSubcommands().values().stream()
            .map(BuildFiles::command)
            .collect(Collectors.joining()));
    section(out, "EXIT STATUS", statuses(usage.exitCodeList()));
    section(out, "EXAMPLES", asItIs(String.join("\n", usage.footer())));
    return out.toString();
  }

  private static String rendered(CommandLine line, String section) {
    Help help = line.getHelp();
    return line.getHelpSectionMap().get(section).render(help);
  }

  private static void section(StringBuilder out, String title, String text) {
    if (!text.isBlank()) {
      out.append(".SH ").append(title).append('\n').append(text);
    }
  }

  private static String options(CommandSpec spec) {
    Stream<String> operands =
        spec.positionalParameters().stream()
            .map((PositionalParamSpec p) -> entry(p.paramLabel(), List.of(p.description())));
    Stream<String> options =
        spec.options().stream()
            .filter(option -> !option.hidden())
            .map(option -> entry(names(option), List.of(option.description())));
    return Stream.concat(operands, options).collect(Collectors.joining());
  }

  private static String names(OptionSpec option) {
    String names = String.join(", ", option.names());
    return option.arity().max() == 0 ? names : names + "=" + option.paramLabel();
  }

  private static String command(CommandLine sub) {
    CommandSpec spec = sub.getCommandSpec();
    return entry(
        spec.qualifiedName("-") + "(1)", List.of(spec.usageMessage().description()).subList(0, 1));
  }

  private static String statuses(Map<String, String> statuses) {
    return statuses.entrySet().stream()
        .map(status -> entry(status.getKey().strip(), List.of(status.getValue())))
        .collect(Collectors.joining());
  }

  private static String entry(String what, List<String> description) {
    return ".TP\n\\fB" + escaped(what) + "\\fR\n" + text(String.join(" ", description));
  }

  private static String text(String words) {
    return escaped(words.replaceAll("\\s+", " ").strip()) + "\n";
  }

  private static String asItIs(String lines) {
    return lines.isBlank() ? "" : ".nf\n" + escaped(lines.strip()) + "\n.fi\n";
  }

  /** A backslash, a hyphen and a dot or quote at a line's begin mean something to man. */
  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^([.'])", "\\\\&$1");
  }
}
