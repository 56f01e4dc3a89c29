// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code check} ends with: {@code scripts/tally}. */
class TallyTest {
  private static final String TALLY =
      Path.of("../scripts/tally").toAbsolutePath().normalize().toString();

  @TempDir private Path root;

  private void report(String module, String suite, String body) throws IOException {
    Path folder = Files.createDirectories(root.resolve(module).resolve("target/surefire-reports"));
    Files.writeString(folder.resolve("TEST-" + suite + ".xml"), "<?xml version=\"1.0\"?>\n" + body);
  }

  private Shell tally() throws Exception {
    return Shell.run(root, Map.of(), TALLY, root.toString());
  }

  @Test
  void reportsOfAllModulesAreAddedUp() throws Exception {
    report(
        "a",
        "One",
        "<testsuite name=\"One\" tests=\"5\" errors=\"0\" skipped=\"2\" failures=\"0\">\n");
    report(
        "b/c",
        "Two",
        "<testsuite name=\"Two\" tests=\"3\" errors=\"0\" skipped=\"0\" failures=\"0\">\n");
    assertEquals(new Shell(0, "6 passed, 0 failed, 2 skipped\n", ""), tally());
  }

  @Test
  void failuresAndErrorsAreFailedAndNamed() throws Exception {
    report(
        "a",
        "One",
        """
        <testsuite name="One" tests="4" errors="1" skipped="1" failures="1">
          <testcase name="first" classname="x.One" time="0">
            <failure message="tests=&quot;9&quot;"/>
          </testcase>
          <testcase name="second" classname="x.One"><error>no</error></testcase>
          <testcase name="third" classname="x.One"/>
        </testsuite>
        """);
    assertEquals(
        new Shell(
            1, "1 passed, 2 failed, 1 skipped\n", "failed: x.One.first\nfailed: x.One.second\n"),
        tally());
  }

  @Test
  void nothingRunIsAFailure() throws Exception {
    assertEquals(new Shell(1, "0 passed, 0 failed, 0 skipped\n", ""), tally());
  }
}
