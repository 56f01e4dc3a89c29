// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.report.CodeExplanation;
import org.crashlane.report.ExplanationReport;
import org.crashlane.report.JsonReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code crashlane explain}. */
@Command(
    name = "explain",
    description = {
      "Explain a finding's code: what it means, why it matters, an example, and the fix.",
      "Without a code all are listed; a word, such as a kernel parameter, lists those that speak of"
          + " it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane explain",
      "  crashlane explain L2 D2",
      "  crashlane explain intel_iommu=off",
      "  crashlane explain A1 --json"
    },
    exitCodeList = {"0:done", "2:bad usage, or nothing is known of it"})
final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "CODE",
      description = "Which, such as A1, or a word; default: all.")
  private List<String> codes = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ExplanationReport report = new ExplanationReport(terminal.columns(), terminal.colours());
    List<CodeExplanation> all = List.of(CodeExplanation.values());
    List<CodeExplanation> named =
        codes.stream().flatMap(ExplainCommand::called).distinct().toList();
    List<CodeExplanation> found =
        codes.stream()
            .filter(word -> called(word).findAny().isEmpty())
            .flatMap(this::with)
            .distinct()
            .toList();
    List<CodeExplanation> listed = codes.isEmpty() ? all : found;
    if (json) {
      List<CodeExplanation> both =
          Stream.concat(named.stream(), listed.stream()).distinct().toList();
      terminal.out().print(JsonReport.text(ExplanationReport.json(both)));
      return ExitCode.HOLDS.number();
    }
    Stream<String> full = named.stream().map(report::of);
    Stream<String> table = listed.isEmpty() ? Stream.empty() : Stream.of(report.table(listed));
    terminal.out().print(Stream.concat(full, table).collect(Collectors.joining("\n")));
    return ExitCode.HOLDS.number();
  }

  private static Stream<CodeExplanation> called(String name) {
    return Arrays.stream(CodeExplanation.values()).filter(c -> c.name().equalsIgnoreCase(name));
  }

  /** Those whose explanation has {@code word} in it. */
  private Stream<CodeExplanation> with(String word) {
    List<CodeExplanation> found =
        Arrays.stream(CodeExplanation.values()).filter(code -> code.hasWord(word)).toList();
    if (found.isEmpty()) {
      List<String> names = Arrays.stream(CodeExplanation.values()).map(Enum::name).toList();
      throw new ParameterException(spec.commandLine(), "code " + Converters.unknown(word, names));
    }
    return found.stream();
  }
}
