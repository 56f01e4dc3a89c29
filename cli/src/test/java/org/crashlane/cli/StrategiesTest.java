// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.LinuxHistory;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.StrategyReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What people set for each strategy: one list in help, in the program's answer and in documents.
 */
final class StrategiesTest {

  @ParameterizedTest
  @EnumSource
  void eachIsInHelpAndInTheListByAsking(Strategy strategy) {
    String help = Run.narrow(80, "rehearse", "-h").out();
    String list = Run.narrow(80, "rehearse", "--strategy", "list").out();
    assertTrue(help.contains(list), help);
    String row = list.substring(list.indexOf("\n" + strategy.label() + " ") + 1);
    String cells =
        StrategyReport.setting(strategy, MappingMode.VTD)
            + " "
            + StrategyReport.setting(strategy, MappingMode.AMDVI);
    assertTrue(row.replaceAll(" +", " ").startsWith(strategy.label() + " " + cells), list);
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/strategies.md"})
  void documentsHaveTheSameTable(String page) throws IOException {
    String text = Files.readString(Path.of("..").resolve(page)).replace("`", "");
    for (Strategy strategy : Strategy.values()) {
      String row =
          "| %s | %s | %s | %s%s |"
              .formatted(
                  strategy.label(),
                  StrategyReport.setting(strategy, MappingMode.VTD),
                  StrategyReport.setting(strategy, MappingMode.AMDVI),
                  strategy.meaning(),
                  LinuxSetting.isUsual(strategy) ? " (Linux's default)" : "");
      assertTrue(text.contains(row), page + " has no row\n" + row);
    }
  }

  @Test
  void whatEachVersionDoesIsInTheListAndInTheDocument() throws IOException {
    String page = Files.readString(Path.of("../docs/strategies.md")).replace("`", "");
    String list = Run.narrow(80, "rehearse", "--strategy", "list").out().replaceAll(" +", " ");
    for (LinuxSetting setting : LinuxSetting.all()) {
      if (setting.strategy() != Strategy.IDENTITY) {
        List<String> cells =
            List.of(
                StrategyReport.means(setting),
                setting.mode() == MappingMode.VTD ? "Intel" : "AMD",
                StrategyReport.versions(setting.linux()),
                StrategyReport.follows(setting));
        assertTrue(page.contains("| " + String.join(" | ", cells) + " |"), cells::toString);
        assertTrue(page.contains(setting.commit()), setting.commit());
        assertTrue(list.contains("\n" + String.join(" ", cells) + "\n"), list);
      }
    }
  }

  @Test
  void whatAVersionChangesIsInTheDocument() throws IOException {
    String page = Files.readString(Path.of("../docs/strategies.md"));
    for (LinuxHistory entry : LinuxHistory.all()) {
      String vendors =
          entry.modes().stream()
              .map(mode -> mode == MappingMode.VTD ? "Intel" : "AMD")
              .collect(Collectors.joining(", "));
      String begin =
          "| %s | %s | %s | ".formatted(entry.linux().first(), vendors, entry.explains());
      assertTrue(
          page.lines()
              .anyMatch(
                  row -> row.startsWith(begin) && row.endsWith("| `" + entry.source() + "` |")),
          begin);
    }
  }

  @Test
  void theListIsOnlyAskedForAlone() {
    assertEquals(0, Run.of("rehearse", "--strategy", "LIST").code());
    assertEquals(2, Run.of("rehearse", "vtd", "--strategy", "list").code());
    assertEquals(2, Run.of("rehearse", "--strategy", "none,list").code());
  }

  @Test
  void faultsAreListedByAsking() {
    String list = Run.of("rehearse", "--fault", "list").out();
    assertTrue(list.contains("\nvtd-not-cleared "), list);
    Run unknown = Run.of("rehearse", "--fault", "vtd-not-clared");
    assertEquals(2, unknown.code());
    assertEquals(
        "crashlane: Invalid value for option '--fault': 'vtd-not-clared' is unknown: did you mean"
            + " 'vtd-not-cleared'? --fault list has them all",
        unknown.err().lines().findFirst().orElseThrow());
  }
}
