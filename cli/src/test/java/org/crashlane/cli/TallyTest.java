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
        """
        <testsuite name="One" tests="3">
          <testcase name="a" classname="One"/>
          <testcase name="b" classname="One"><skipped message="no QEMU"/></testcase>
          <testcase name="c" classname="One">
            <skipped/>
          </testcase>
        </testsuite>
        """);
    report(
        "b/c",
        "Two",
        """
        <testsuite name="Two" tests="1">
          <testcase name="a" classname="Two" time="0.1">
          </testcase>
        </testsuite>
        """);
    assertEquals(new Shell(0, "2 passed, 0 failed, 2 skipped\n", ""), tally());
  }

  @Test
  void failureThatSurefireTakesForFlakyIsOne() throws Exception {
    report(
        "a",
        "Outer",
        """
        <testsuite name="Outer" tests="1" errors="0" failures="0" flakes="1">
          <testcase name="same" classname="Outer$A"/>
          <testcase name="same" classname="Outer$B">
            <flakyError message="no"/>
          </testcase>
        </testsuite>
        """);
    assertEquals(
        new Shell(1, "1 passed, 1 failed, 0 skipped\n", "failed: Outer$B.same\n"), tally());
  }

  @Test
  void whatTestsPrintIsNotCounted() throws Exception {
    report(
        "a",
        "One",
        """
        <testsuite name="One" tests="2">
          <testcase name="a" classname="One"><system-out><![CDATA[<error>]]></system-out></testcase>
          <testcase name="b" classname="One"><system-out><![CDATA[
          <testcase name="z" classname="One">
          <failure> ]]></system-out></testcase>
        </testsuite>
        """);
    assertEquals(new Shell(0, "2 passed, 0 failed, 0 skipped\n", ""), tally());
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
          <testcase name="third" classname="x.One"><skipped/></testcase>
          <testcase name="fourth" classname="x.One"/>
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
