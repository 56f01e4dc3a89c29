// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.report.CodeExplanation;
import org.crashlane.rule.FindingCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What codes mean: the same in the program, in its documents, and in what the model shows. */
final class ExplainTest {
  private static final Pattern COMMAND = Pattern.compile("'crashlane (rehearse [^']*)'");

  @ParameterizedTest
  @EnumSource
  void eachCodeIsExplainedWithExampleAndFix(FindingCode code) {
    Run run = Run.narrow(80, "explain", code.name());
    assertEquals(0, run.code(), run.err());
    String text = run.out().replaceAll("\\s+", " ");
    assertTrue(text.contains(code.brokenWhen()), text);
    assertTrue(text.contains(" EXAMPLE ") && text.contains(" FIX "), text);
    run.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  @Test
  void everyCodeHasItsLineAndInJsonItsMembers() {
    List<String> codes = Arrays.stream(FindingCode.values()).map(Enum::name).toList();
    List<String> lines = Run.of("explain").out().lines().skip(1).toList();
    assertEquals(codes, lines.stream().map(line -> line.substring(0, 2)).toList());
    JsonNode json = JsonMapper.builder().build().readTree(Run.of("explain", "--json").out());
    assertEquals(
        codes, json.get("codes").valueStream().map(c -> c.get("code").asString("")).toList());
    json.get("codes").forEach(c -> c.forEach(text -> assertTrue(!text.asString("").isEmpty())));
  }

  @Test
  void codesAreTakenInAnyCaseAndEachOnce() {
    assertEquals(Run.of("explain", "L2", "D2").out(), Run.of("explain", "l2", "D2", "l2").out());
  }

  @Test
  void unknownCodeIsRefusedWithTheNearest() {
    Run run = Run.of("explain", "L22");
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: code 'L22' is unknown: there are A1,"), run.err());
    assertTrue(run.err().contains("; did you mean 'L2'?"), run.err());
  }

  /** Codes of which the model or the lab shows an example. */
  static Stream<CodeExplanation> shown() {
    return Arrays.stream(CodeExplanation.values())
        .filter(code -> COMMAND.matcher(code.example()).find() && !code.example().contains("qemu"));
  }

  @ParameterizedTest
  @MethodSource("shown")
  void exampleShowsItsCode(CodeExplanation code) {
    Matcher command = COMMAND.matcher(code.example());
    assertTrue(command.find());
    // One seed has to do where the default has ten.
    String one = command.group(1).contains("--seed") ? "" : " --seed 1";
    Run run = Run.of((command.group(1) + one + " --json").split(" "));
    assertTrue(run.out().contains("\"code\" : \"" + code.name() + "\""), run.out() + run.err());
  }

  @Test
  void documentHasASectionOfEachCodeWithTheSameWords() throws IOException {
    String page = Files.readString(Path.of("../docs/findings.md"));
    for (CodeExplanation code : CodeExplanation.values()) {
      String title =
          code.title().substring(0, 1).toUpperCase(Locale.ROOT) + code.title().substring(1);
      String expected =
          "### %s **%s.** %s Example: %s Fix: %s"
              .formatted(code, title, code.why(), code.example(), code.fix());
      Matcher section =
          Pattern.compile("### " + code + "\n.*?(?=\n### |\\z)", Pattern.DOTALL).matcher(page);
      assertTrue(section.find(), code.name());
      String actual = section.group().replaceAll("\\s+", " ").replace('`', '\'').strip();
      assertEquals(expected, actual);
    }
  }
}
