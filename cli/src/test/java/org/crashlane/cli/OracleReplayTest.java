// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OracleReplayTest {
  private static final Path SAMPLE =
      Path.of("../guest/src/test/resources/org/crashlane/guest/oracle/vtd-39.jsonl.gz");
  private static final Pattern LANDED = Pattern.compile("\"gpa\": ?\"0x[0-9a-f]+\"");

  @TempDir private Path folder;
  private List<String> lines;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(SAMPLE))) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void recordsThatAgreeEndInZero() {
    Run run = Run.of("oracle", "replay", SAMPLE.toString());
    assertEquals("", run.err());
    assertEquals(0, run.code());
    String first = run.out().lines().findFirst().orElseThrow();
    assertEquals(SAMPLE + ": " + (lines.size() - 1) + " probes, 0 differences", first);
  }

  @Test
  void eachDifferenceIsALineAndTheExitCodeIsOne() throws IOException {
    Path file = folder.resolve("wrong.jsonl");
    Files.write(
        file, lines.stream().map(l -> LANDED.matcher(l).replaceAll("\"gpa\": \"0x8\"")).toList());
    Run run = Run.of("oracle", "replay", file.toString());
    assertEquals(1, run.code());
    List<String> out = run.out().lines().filter(l -> !l.startsWith("  and ")).toList();
    String last = out.getLast();
    assertTrue(out.size() > 1, last);
    assertTrue(last.endsWith(", " + (out.size() - 1) + " differences"), last);

    Run cut = Run.of("oracle", "replay", "--at-most", "1", file.toString());
    assertEquals(1, cut.code());
    assertTrue(cut.out().contains("\nand " + (out.size() - 2) + " more\n"), cut.out());
  }

  @Test
  void badLineIsNamedAndTheOtherFilesAreReplayed() throws IOException {
    Path file = Files.write(folder.resolve("bad"), List.of(lines.getFirst(), "{\"id\": 0"));
    Run run = Run.of("oracle", "replay", file.toString(), SAMPLE.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: " + file + ": at offset 0x"), run.err());
    assertEquals(1, run.err().lines().count());
    assertTrue(run.out().contains(" probes, 0 differences\n"), run.out());
  }

  @Test
  void missingFileIsOneLine() {
    Run run = Run.of("oracle", "replay", "nowhere");
    assertEquals(new Run(2, "", "crashlane: nowhere: no such file\n"), run);
  }
}
