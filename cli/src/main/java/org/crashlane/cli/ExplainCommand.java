// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.crashlane.report.CodeExplanation;
import org.crashlane.report.ExplanationReport;
import org.crashlane.report.JsonReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code crashlane explain}. */
@Command(
    name = "explain",
    description = {
      "Explain a finding's code: what it means, why it matters, an example, and the fix.",
      "Without a code all are listed."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  crashlane explain", "  crashlane explain L2 D2", "  crashlane explain A1 --json"},
    exitCodeList = {"0:done", "2:bad usage, or no such code"})
final class ExplainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(arity = "0..*", paramLabel = "CODE", description = "Which, such as A1; default: all.")
  private List<String> codes = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ExplanationReport report = new ExplanationReport(terminal.columns(), terminal.colours());
    List<CodeExplanation> shown =
        codes.isEmpty()
            ? List.of(CodeExplanation.values())
            : codes.stream().distinct().map(this::code).toList();
    terminal
        .out()
        .print(
            json
                ? JsonReport.text(ExplanationReport.json(shown))
                : codes.isEmpty()
                    ? report.table()
                    : shown.stream().map(report::of).collect(Collectors.joining("\n")));
    return ExitCode.HOLDS.number();
  }

  /** picocli would take a word that cannot be converted for one argument too many. */
  private CodeExplanation code(String word) {
    try {
      return Converters.code(word);
    } catch (TypeConversionException e) {
      throw new ParameterException(spec.commandLine(), "code " + e.getMessage(), e);
    }
  }
}
