// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Every exit status that a command's help has, and those of machines that people describe. */
final class ExitStatusTest {
  private static final String LINUX = "../core/src/test/resources/linux/";
  private static final String PROBES = "../guest/src/test/resources/org/crashlane/guest/oracle/";
  private static final Path MACHINES =
      Path.of("../model/src/test/resources/org/crashlane/model/stage/machines");

  /** Status, then the command line. */
  private static final List<String> CASES =
      List.of(
          "0 -h",
          "0 --version",
          "2",
          "2 nothing",
          "0 machines",
          "2 machines nothing",
          "0 machines show vtd",
          "2 machines show nothing",
          "0 version",
          "2 version nothing",
          "0 explain A1",
          "2 explain none-such",
          "0 help machines show",
          "2 help nothing",
          "0 rehearse nommu --strategy identity",
          "1 rehearse beyond-reach --strategy identity",
          "1 rehearse vtd --strategy none,off",
          "0 rehearse nommu --strategy none,reset",
          "0 rehearse vtd --strategy none,identity",
          "2 rehearse nothing",
          "3 rehearse --explore --mapping nommu --strategy identity --states 9",
          "1 rehearse --explore --mapping vtd --strategy reserve",
          "0 acpi show " + LINUX + "ivrs-without-ioapic.dat",
          "1 acpi show " + LINUX + "dmar-unit-at-address-zero.dat",
          "2 acpi show /no/such/table",
          "0 oracle replay " + PROBES + "vtd-39.jsonl.gz",
          "2 oracle replay /no/such/probes",
          "2 tables walk qemu:/no/such/guest",
          "2 arm qemu:/no/such/guest --when-crashed",
          "2 disarm qemu:/no/such/guest",
          "2 kernels --no-such-option");

  /** What takes a guest or a file made for it, and the test that has it. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "0 arm", // ArmCommandTest
          "1 arm",
          "3 arm",
          "0 kernels", // KernelsTest
          "0 disarm", // OutsideHandQemuTest, by DisarmResult#isComplete
          "1 disarm",
          "0 tables walk", // OutsideHandQemuTest, by GuestTables#isWhole
          "1 tables walk", // TablesWalkTest
          "3 tables walk",
          "1 oracle replay", // OracleReplayTest
          "3 oracle replay");

  static List<String> cases() {
    return CASES;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itEndsAsItsHelpSays(String statusAndWords) {
    String[] words = statusAndWords.split(" ");
    Run run = Run.of(Stream.of(words).skip(1).toArray(String[]::new));
    assertEquals(Integer.parseInt(words[0]), run.code(), run.err());
  }

  @Test
  void everyStatusOfEveryHelpHasItsCase() {
    Set<String> said = statusesOfHelp();
    Set<String> tried = new HashSet<>(ELSEWHERE);
    said.stream()
        .filter(status -> CASES.stream().anyMatch(c -> (c + " ").startsWith(status + " ")))
        .forEach(tried::add);
    assertEquals(said, new TreeSet<>(tried));
  }

  /** Status, then the command, of every help but the program's own. */
  private static Set<String> statusesOfHelp() {
    Set<String> said = new TreeSet<>();
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    CommandLine root =
        Main.commandLine(Terminal.plain(InputStream.nullInputStream(), nowhere, nowhere));
    HelpTest.commands()
        .filter(words -> !words.isEmpty())
        .forEach(words -> {
          CommandLine command = root;
          for (String word : words) {
            command = command.getSubcommands().get(word);
          }
          boolean isGroup = command.getCommand() instanceof CommandGroup;
          Set<String> statuses = command.getCommandSpec().usageMessage().exitCodeList().keySet();
          assertEquals(isGroup, statuses.isEmpty(), words.toString());
          statuses.forEach(status -> said.add(status.strip() + " " + String.join(" ", words)));
        });
    return said;
  }

  /** The page has a status of a command where its help has one, and none more. */
  @Test
  void thePageOfOutputHasTheStatusesOfEveryHelp() throws IOException {
    String page = Files.readString(Path.of("../docs/output.md"));
    List<String> rows =
        page.substring(page.indexOf("| command | 0 |"))
            .lines()
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .toList();
    Set<String> written = new TreeSet<>();
    for (String row : rows) {
      String[] cells = row.split("\\|", -1);
      for (String name : cells[1].split(",", -1)) {
        String command = name.replace("`", "").replaceFirst(" --.*", "").strip();
        for (int status = 0; status < 4; status++) {
          if (!command.startsWith("-") && !cells[2 + status].strip().equals("–")) {
            written.add(status + " " + command);
          }
        }
      }
    }
    Set<String> helps =
        statusesOfHelp().stream()
            .map(status -> status.replace("machines show", "machines"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(helps, written);
  }

  /** The last machine of each verdict: MachineCasesTest has them all. */
  static Collection<String> rightMachines() throws IOException {
    Map<String, String> one = new LinkedHashMap<>();
    for (String row : Files.readAllLines(MACHINES.resolve("valid.tsv"))) {
      one.put(row.split("\t", -1)[1], row);
    }
    return one.values();
  }

  @ParameterizedTest
  @MethodSource("rightMachines")
  void aMachineEndsWithItsVerdict(String row) {
    String[] cells = row.split("\t", -1);
    int status =
        switch (cells[1]) {
          case "HOLDS" -> 0;
          case "BROKEN" -> 1;
          case "UNKNOWN" -> 3;
          default -> throw new AssertionError(row);
        };
    String file = MACHINES.resolve("valid").resolve(cells[0]).toString();
    Run run =
        Run.of("rehearse", file, "--strategy", "identity", "--fail-on", "rule", "--seed", "1");
    assertEquals(status, run.code(), run.out() + run.err());
    assertTrue(run.out().contains(cells[1]), run.out());
  }

  /** The place, the field and no more than a line. */
  @Test
  void aMachineThatIsNoneEndsWithTwoAndItsPlace() throws IOException {
    for (String row : Files.readAllLines(MACHINES.resolve("invalid.tsv"))) {
      String[] cells = row.split("\t", -1);
      String[] place = cells[1].split(" ", 2);
      String file = MACHINES.resolve("invalid").resolve(cells[0]).toString();
      Run run = Run.of("rehearse", file);
      assertEquals(2, run.code(), row);
      assertEquals("", run.out(), row);
      String field = place[1].isEmpty() ? "" : place[1] + ": ";
      assertTrue(
          run.err().startsWith("crashlane: " + file + ":" + place[0] + ": " + field), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
    }
  }

  @Test
  void theReadmeHasTheSameFour() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    String table = readme.substring(readme.indexOf("\n| exit status |") + 1);
    assertEquals(
        List.of("0", "1", "2", "3"),
        table
            .lines()
            .skip(2)
            .takeWhile(line -> line.startsWith("| "))
            .map(line -> line.substring(2, 3))
            .collect(Collectors.toList()));
  }
}
