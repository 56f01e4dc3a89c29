// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Completion that a shell completes by, and pages that man shows. */
final class BuildFilesTest {
  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws Exception {
    BuildFiles.main(folder.toString());
  }

  private static String bash(String script) throws Exception {
    Process bash =
        new ProcessBuilder("bash", "-c", script, "bash", folder + "/completion/crashlane")
            .redirectErrorStream(true)
            .start();
    bash.getOutputStream().close();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(bash.waitFor(60, TimeUnit.SECONDS));
    return bash.exitValue() + "\n" + out;
  }

  @Test
  void bashTakesTheCompletion() throws Exception {
    assertEquals("0\n", bash("bash -n \"$1\""));
  }

  @ParameterizedTest
  @CsvSource({
    "crashlane reh, rehearse",
    "crashlane machines sh, show",
    "crashlane rehearse --strat, --strategy",
    "crashlane arm --when, --when-crashed",
    "crashlane version --color al, always",
    "crashlane rehearse --stage q, qemu",
    "crashlane rehearse --fail-on r, rule",
    "crashlane rehearse --disk n, nvme",
    "crashlane rehearse --second-disk m, megasas",
    "crashlane rehearse --nic as, assigned",
    "crashlane rehearse --topology root, root-port",
    "crashlane rehearse --dump-to n, network",
    "crashlane rehearse --arm un, unreserved"
  })
  void bashCompletesAWord(String typed, String expected) throws Exception {
    String completing =
        ". \"$1\"; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _complete_crashlane;"
                .formatted(typed)
            + " printf '%s\\n' \"${COMPREPLY[@]}\"";
    List<String> lines = bash(completing).lines().map(String::strip).toList();
    assertTrue(lines.contains(expected), lines.toString());
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.cli.HelpTest#commands")
  void everyCommandHasItsPage(List<String> words) throws Exception {
    String name = words.isEmpty() ? "crashlane" : "crashlane-" + String.join("-", words);
    String page = Files.readString(folder.resolve("man/man1/" + name + ".1"));
    assertTrue(page.startsWith(".TH " + name.toUpperCase(Locale.ROOT) + " 1\n.SH NAME\n"), page);
    assertTrue(page.contains("\n.SH SYNOPSIS\n") && page.contains("\n.SH OPTIONS\n"), page);
    assertTrue(page.contains("\\-\\-quiet"), page);
  }

  @Test
  void pageOfRehearseHasTheOptionsOfBothStagesAndTheStrategies() throws Exception {
    String page = Files.readString(folder.resolve("man/man1/crashlane-rehearse.1"));
    assertTrue(
        page.contains("\\fB\\-\\-seed=N\\fR") && page.contains("\\fB\\-\\-crashkernel=TEXT"));
    assertTrue(page.contains("intel_iommu=on (4.2)"), page);
  }
}
