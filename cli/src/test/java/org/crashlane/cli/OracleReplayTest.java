// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.crashlane.guest.oracle.AmdviQuirk;
import org.crashlane.guest.oracle.QemuQuirk;
import org.crashlane.guest.oracle.VtdQuirk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OracleReplayTest {
  private static final Path SAMPLES =
      Path.of("../guest/src/test/resources/org/crashlane/guest/oracle");
  private static final Path SAMPLE = SAMPLES.resolve("vtd-39.jsonl.gz");
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
    List<String> out = run.out().lines().toList();
    String begin = SAMPLE + ": " + (lines.size() - 1) + " probes, 0 unexplained differences, ";
    assertTrue(out.getFirst().startsWith(begin), out.getFirst());
    String explained = out.getFirst().substring(begin.length());
    assertTrue(explained.matches("[1-9]\\d* explained"), explained);
    String count = explained.substring(0, explained.indexOf(' '));
    assertEquals(2, out.size());
    assertEquals(line(VtdQuirk.RESERVED_CONTEXT_FIELD_IN_SPITE_OF_FPD, count), out.getLast());
  }

  @Test
  void recordsOfAmdviAgreeButForQuirks() {
    Run run = Run.of("oracle", "replay", SAMPLES.resolve("amdvi.jsonl.gz").toString());
    assertEquals(0, run.code(), run::out);
    List<String> out = run.out().lines().toList();
    assertTrue(out.getFirst().contains(" probes, 0 unexplained differences, "), out.getFirst());
    String reason = AmdviQuirk.PRESENT_BIT_OF_PAGES.reason();
    assertTrue(out.stream().anyMatch(line -> line.endsWith(reason)), run::out);
    assertEquals(
        out.subList(1, out.size()).stream().sorted(bySaying()).toList(),
        out.subList(1, out.size()));
  }

  /** By what stands behind the count. */
  private static Comparator<String> bySaying() {
    return Comparator.comparing(line -> line.substring(line.indexOf(" by ")));
  }

  private static String line(QemuQuirk quirk, String count) {
    return "  " + count + " by " + quirk + ": " + quirk.reason();
  }

  @Test
  void eachDifferenceIsALineAndTheExitCodeIsOne() throws IOException {
    Path file = folder.resolve("wrong.jsonl");
    Files.write(
        file, lines.stream().map(l -> LANDED.matcher(l).replaceAll("\"gpa\": \"0x8\"")).toList());
    Run run = Run.of("oracle", "replay", file.toString());
    assertEquals(1, run.code());
    List<String> out = run.out().lines().filter(l -> !l.startsWith("  ")).toList();
    String last = out.getLast();
    assertTrue(out.size() > 1, last);
    assertTrue(last.contains(", " + (out.size() - 1) + " unexplained differences, "), last);

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
    assertTrue(run.out().contains(" probes, 0 unexplained differences, "), run.out());
  }

  @Test
  void missingFileIsOneLine() {
    Run run = Run.of("oracle", "replay", "nowhere");
    assertEquals(new Run(2, "", "crashlane: nowhere: no such file\n"), run);
  }

  @Test
  void folderIsNamed() {
    Run run = Run.of("oracle", "replay", folder.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: " + folder + ": "), run.err());
  }

  @Test
  void negativeCountIsUsage() {
    Run run = Run.of("oracle", "replay", "--at-most", "-1", SAMPLE.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: --at-most -1: expected 0 or more\n"), run.err());
  }

  @Test
  void fileWithoutProbesIsNoPass() throws IOException {
    Path file = Files.write(folder.resolve("none"), List.of(lines.getFirst()));
    assertEquals(
        new Run(3, file + ": no probes\n", ""), Run.of("oracle", "replay", file.toString()));
  }

  @Test
  void recordOfAnotherIommuIsCalledOne() throws IOException {
    Path file =
        Files.write(folder.resolve("arm"), List.of("{\"oracle\": \"arm-smmu\", \"sid\": 32}"));
    Run run = Run.of("oracle", "replay", file.toString());
    assertEquals(2, run.code());
    assertTrue(
        run.err()
            .contains(
                "recorded from another IOMMU ('arm-smmu'); only VT-d and AMD-Vi are replayed"),
        run.err());
  }

  @Test
  void misalignedTableWordIsNamed() throws IOException {
    String probe = "{\"id\": 0, \"mem\": {\"0x100001\": \"0\"}, \"iova\": \"0x8\"}";
    Path file = Files.write(folder.resolve("odd"), List.of(lines.getFirst(), probe));
    Run run = Run.of("oracle", "replay", file.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().contains("table word at 0x100001: not a multiple of 8"), run.err());
  }
}
