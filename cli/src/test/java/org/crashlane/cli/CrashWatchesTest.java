// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CrashWatchesTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path directory;

  @Test
  void eachGuestThatCannotBeWatchedIsNamedAndNoneIsLost() {
    assertEquals(2, run("arm", guest("a"), guest("b"), "--when-crashed"));
    List<String> lines = err.toString().lines().sorted().toList();
    assertEquals(2, lines.size(), err.toString());
    assertTrue(
        lines.getFirst().startsWith("crashlane: " + guest("a") + ": no such socket"),
        err.toString());
    assertTrue(lines.getLast().contains("b.qmp: no such socket"), err.toString());
  }

  @Test
  void jsonIsOneDocumentInALineForEachGuest() {
    assertEquals(2, run("arm", guest("a"), guest("b"), "--when-crashed", "--json"));
    List<JsonNode> documents =
        out.toString().lines().map(line -> JsonMapper.builder().build().readTree(line)).toList();
    assertEquals(
        List.of(guest("a"), guest("b")),
        documents.stream().map(node -> node.path("guest").asString("")).sorted().toList());
    assertTrue(
        documents.stream().allMatch(node -> node.path("outcome").asString("").equals("failed")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--crash-range 2e000000-3dffffff --timeout 5|--timeout needs --when-crashed",
        "--when-crashed --timeout 0|expected at least 1 second",
        "--when-crashed --arena 10000000-100fffff|neither --arena nor --interrupts",
        "--json|--crash-range, --when-crashed or --dry-run is missing"
      })
  void optionsThatDoNotGoTogetherAreRefused(String options, String reason) {
    String[] words = ("arm " + guest("a") + " " + options).split(" ");
    assertEquals(2, run(words));
    assertTrue(err.toString().contains(reason), err.toString());
  }

  private String guest(String name) {
    return "qemu:" + directory.resolve(name + ".qmp");
  }

  private int run(String... arguments) {
    Terminal terminal =
        Terminal.plain(
            InputStream.nullInputStream(), new PrintWriter(out, true), new PrintWriter(err, true));
    return Main.run(terminal, arguments);
  }
}
