// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.model.fault.SeededFaults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.MissingParameterException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Documents keep to their width, their commands are ones, and their samples are what is printed.
 */
final class DocumentsTest {
  private static final Path ROOT = Path.of("..");
  private static final int COLUMNS = 120;

  /** A row of a table cannot go on in another line. */
  private static final int COLUMNS_OF_A_ROW = 300;

  private static final Pattern COMMAND =
      Pattern.compile("`(?:\\./)?(crashlane [^`]+)`|^(?:\\$ |sudo )?(?:\\./)?(crashlane .*)$");

  /** What stands for something else, and what a shell does with the rest. */
  private static final Pattern PLACEHOLDER = Pattern.compile(".*(…|\\[|\\b[A-Z]{2,}|/dmar,).*");

  private static final Pattern ROW_OF_RESULTS =
      Pattern.compile(
          "\\|(?: `?(\\w*)`? ? \\|)? (`[\\w`, ]+) \\| (\\w+~?) \\| ([\\w, ]+) \\| ([\\d,]+), ([\\d,]+)"
              + " \\| (.+) \\|");

  static Stream<Path> documents() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String name : List.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md")) {
      found.add(ROOT.resolve(name));
    }
    found.add(ROOT.resolve("host/module/README.md"));
    try (Stream<Path> pages = Files.list(ROOT.resolve("docs"))) {
      pages.filter(page -> page.toString().endsWith(".md")).sorted().forEach(found::add);
    }
    return found.stream();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void linesFit(Path document) throws IOException {
    boolean output = false;
    int number = 0;
    for (String line : Files.readAllLines(document)) {
      number++;
      output ^= line.strip().startsWith("```");
      int most = line.startsWith("|") ? COLUMNS_OF_A_ROW : COLUMNS;
      assertTrue(output || line.length() <= most, document + ":" + number + ": " + line.length());
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void commandsAreOnes(Path document) throws IOException {
    for (String text : commands(document)) {
      assertDoesNotThrow(() -> parse(text), document + ": " + text);
    }
  }

  private static List<String> commands(Path document) throws IOException {
    List<String> commands = new ArrayList<>();
    for (String line : Files.readAllLines(document)) {
      for (Matcher command = COMMAND.matcher(line); command.find(); ) {
        String text = command.group(1) == null ? command.group(2) : command.group(1);
        if (!PLACEHOLDER.matcher(text).matches()) {
          commands.add(text);
        }
      }
    }
    return commands;
  }

  @Test
  void commandsAreFoundInLinesAndInBlocks() throws IOException {
    List<String> commands = commands(ROOT.resolve("README.md"));
    assertTrue(commands.contains("crashlane rehearse"), commands::toString);
    assertTrue(commands.contains("crashlane rehearse vtd --strategy off"), commands::toString);
  }

  private static void parse(String command) {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    List<String> words = new ArrayList<>();
    Matcher word =
        Pattern.compile("'([^']*)'|([^\\s']+)").matcher(command.replaceAll("[|>;#].*", ""));
    while (word.find()) {
      words.add(word.group(1) == null ? word.group(2) : word.group(1));
    }
    try {
      Main.commandLine(Terminal.plain(InputStream.nullInputStream(), nowhere, nowhere))
          .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
    } catch (MissingParameterException prose) {
      // A command may be spoken of without its operands.
    }
  }

  @Test
  void faultsAreCounted() throws IOException {
    int count = SeededFaults.all().size();
    assertTrue(oneLine("README.md").contains("each of " + count + " mistakes seeded"), "" + count);
    assertTrue(oneLine("CHANGELOG.md").contains("- " + count + " seeded faults"), "" + count);
    assertEquals(
        count + 1,
        Run.of("rehearse", "--fault", "list")
            .out()
            .lines()
            .filter(line -> !line.startsWith(" "))
            .count());
  }

  @Test
  void sampleAndTablesOfRehearsalsAreWhatIsPrinted() throws IOException {
    // What RehearseModelTest holds against the program.
    String printed = Files.readString(Path.of("src/test/resources/golden/rehearse.txt"));
    String one = Run.narrow(80, "rehearse", "vtd", "--strategy", "off").out();
    String counted = Run.of("rehearse", "--seed", "1", "--verbose").out();
    assertAll(
        () -> sampleIsIn(printed, "machine   none"),
        () ->
            sampleIsIn(
                "$ crashlane rehearse vtd --strategy off\n" + one, "$ crashlane rehearse vtd"),
        () -> tablesAreOf(Result.of(counted)));
  }

  private static void sampleIsIn(String printed, String first) throws IOException {
    String from = printed;
    for (String piece : block("README.md", first).split("(?m)^…\n", -1)) {
      int at = from.indexOf(piece);
      assertTrue(at >= 0, "README.md: not printed, or not in this order:\n" + piece);
      from = from.substring(at + piece.length());
    }
  }

  /** The block of output that begins with {@code first}. */
  private static String block(String document, String first) throws IOException {
    String text = Files.readString(ROOT.resolve(document));
    int begin = text.indexOf("```\n" + first) + 4;
    assertTrue(begin >= 4, document + " has no sample that begins with " + first);
    return text.substring(begin, text.indexOf("```", begin));
  }

  /** What {@code rehearse} prints of one crash. */
  private record Result(String dump, String corrupted, String passed, String blocked, String cost) {
    private static final Pattern LINE =
        Pattern.compile(
            "([\\w-]*) +(\\w+) +(yes~?|NO|damaged) +(-|[\\d,]+ B) +([\\d,]+) +([\\d,]+)"
                + "  (-|[\\d,]+ entries, [\\d,]+ KiB) +(HOLDS|BROKEN|UNKNOWN).*");

    static Map<String, Result> of(String printed) {
      Map<String, Result> results = new HashMap<>();
      String machine = "";
      for (String line : printed.lines().toList()) {
        Matcher cells = LINE.matcher(line);
        if (cells.matches()) {
          machine = cells.group(1).isEmpty() ? machine : cells.group(1);
          results.put(machine + " " + cells.group(2), of(cells));
        }
      }
      return results;
    }

    private static Result of(Matcher cells) {
      String dump = cells.group(3).replace("yes", "right").replace("NO", "none");
      String corrupted = cells.group(4).replace(" B", " bytes");
      return new Result(
          dump,
          corrupted.equals("-") ? "none" : corrupted,
          cells.group(5),
          cells.group(6),
          cells.group(7));
    }
  }

  private static void tablesAreOf(Map<String, Result> results) throws IOException {
    Set<String> seen = new HashSet<>();
    compare("docs/model.md", "", results, seen);
    assertEquals(4 * 7, seen.size(), seen.toString());
    seen.clear();
    compare("docs/amdvi.md", "amdvi", results, seen);
    assertEquals(7, seen.size(), seen.toString());
    seen.clear();
    compare("docs/vtd.md", "vtd", results, seen);
    assertEquals(7, seen.size(), seen.toString());
    String costs =
        "%s for 128 MiB behind VT-d, %s behind AMD-Vi"
            .formatted(
                kibibytes(results.get("vtd identity")), kibibytes(results.get("amdvi identity")));
    assertTrue(oneLine("docs/possible.md").contains(costs), costs);
  }

  private static void compare(
      String page, String only, Map<String, Result> results, Set<String> seen) throws IOException {
    String machine = only;
    for (String line : Files.readAllLines(ROOT.resolve(page))) {
      Matcher row = ROW_OF_RESULTS.matcher(line);
      if (row.matches()) {
        String named = row.group(1) == null ? "" : row.group(1);
        machine = named.isEmpty() ? machine : named;
        for (String strategy : row.group(2).replace("`", "").split(", ", -1)) {
          String which = machine + " " + strategy;
          Result result = results.get(which);
          String cost =
              result.cost().equals("-") ? "–" : result.cost().replaceAll(" entries.*", "");
          assertEquals(
              result,
              new Result(row.group(3), row.group(4), row.group(5), row.group(6), result.cost()),
              page + ": " + which);
          assertTrue(row.group(7).startsWith(cost), page + ": " + which + ": " + cost);
          assertTrue(seen.add(which), line);
        }
      }
    }
  }

  private static String kibibytes(Result result) {
    return result.cost().replaceAll(".*, ", "");
  }

  @Test
  void whatSnpDoesIsWhatIsSaid() throws IOException {
    JsonNode cells = cells("rehearse", "snp-copy", "snp-reuse", "--strategy", "adopt");
    JsonNode reused = run(cells, "snp-reuse", "adopt").at("/dump");
    assertEquals("writtenbut", reused.at("/outcome").asString(""));
    assertEquals(3, reused.at("/changed").size());
    String changed = "right but for three pages";
    assertTrue(oneLine("docs/amdvi.md").contains("**" + changed + "**"), changed);
    assertTrue(oneLine("docs/possible.md").contains(changed + " of the IOMMU's own"), changed);
    JsonNode copy = run(cells, "snp-copy", "adopt");
    String overwritten =
        "%d bytes of the primary's memory are overwritten"
            .formatted(copy.at("/tally/corruptedByteCount").asLong());
    assertTrue(oneLine("docs/amdvi.md").contains("**none**, and " + overwritten), overwritten);
  }

  private static String oneLine(String page) throws IOException {
    return Files.readString(ROOT.resolve(page)).replaceAll("\\s+", " ");
  }

  private static JsonNode cells(String... words) {
    Run run = Run.of(Stream.concat(Stream.of(words), Stream.of("--json")).toArray(String[]::new));
    return JsonMapper.builder().build().readTree(run.out()).get("cells");
  }

  private static JsonNode run(JsonNode cells, String machine, String strategy) {
    for (JsonNode cell : cells) {
      if (cell.get("machine").asString("").equals(machine)
          && cell.get("strategy").asString("").equals(strategy)) {
        return cell.at("/runs/0");
      }
    }
    throw new AssertionError("no crash of " + machine + " under " + strategy);
  }
}
