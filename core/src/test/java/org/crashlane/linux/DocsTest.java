// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.Repository;
import org.junit.jupiter.api.Test;

/** docs/acpi.md lists the rules as the program has them. */
final class DocsTest {
  private static String word(Effect effect) {
    return switch (effect) {
      case REFUSES_ALL -> "refused";
      case DROPS_PART -> "dropped";
      case NOTE -> "note";
    };
  }

  @Test
  void everyRuleHasItsRowInTheOrderOfTheProgram() throws IOException {
    List<String> rows =
        Files.readAllLines(Repository.root().resolve("docs/acpi.md")).stream()
            .filter(line ->
                Stream.of("dmar", "ivrs", "madt", "iort")
                    .anyMatch(table -> line.startsWith("| `" + table + "-")))
            .map(row -> {
              List<String> cells = List.of(row.split(" \\| ", -1));
              return cells.get(0) + " | " + cells.get(1) + " | " + cells.get(3);
            })
            .toList();
    List<String> rules =
        Arrays.stream(LinuxRule.values())
            .map(rule ->
                "| `%s` | %s | `%s`, %s"
                    .formatted(rule.id(), word(rule.effect()), rule.source(), rule.versions()))
            .map(row -> row.replaceAll(" \\|$", ""))
            .toList();
    assertEquals(rules, rows.stream().map(row -> row.replaceAll(" \\|$", "")).toList());
  }
}
