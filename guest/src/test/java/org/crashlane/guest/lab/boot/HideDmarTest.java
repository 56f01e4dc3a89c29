// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.acpi.DmarOverride;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of the guest recipe hides an IOMMU as the lab does. */
final class HideDmarTest {
  private static final Path SCRIPT = Path.of("../scripts/hide-dmar");
  private static final Path TABLES = Path.of("../core/src/test/resources/acpi/real/dmar");

  @TempDir private Path directory;

  @Test
  void archiveHasTheTableOfTheLab() throws Exception {
    List<Path> tables;
    try (Stream<Path> files = Files.list(TABLES)) {
      tables = files.filter(Files::isRegularFile).sorted().limit(5).toList();
    }
    assertEquals(5, tables.size(), TABLES.toString());
    for (Path table : tables) {
      byte[] expected = DmarOverride.hiding(Files.readAllBytes(table));
      byte[] archive = run(0, table);
      byte[] path = (DmarOverride.ARCHIVE_PATH + "\0").getBytes(StandardCharsets.US_ASCII);
      int at = indexOf(archive, path) + path.length;
      at += -at & 3;
      assertArrayEquals(
          expected, Arrays.copyOfRange(archive, at, at + expected.length), table.toString());
    }
  }

  @Test
  void archiveIsACpioArchive() throws Exception {
    Path table;
    try (Stream<Path> files = Files.list(TABLES)) {
      table = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
    }
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    try (CpioArchive archive = new CpioArchive(expected)) {
      archive.file(DmarOverride.ARCHIVE_PATH, DmarOverride.hiding(Files.readAllBytes(table)));
    }
    assertEquals(withoutModes(expected.toByteArray()), withoutModes(run(0, table)));
  }

  /** The lab's archives are for a single run, and all that is in them may be run. */
  private static String withoutModes(byte[] archive) {
    return new String(archive, StandardCharsets.ISO_8859_1)
        .replaceAll("(070701[0-9a-f]{8})[0-9a-f]{8}([0-9a-f]{16})[0-9a-f]{8}", "$1$2");
  }

  @Test
  void whatIsNoDmarTableIsRefused() throws Exception {
    Path table = Files.writeString(directory.resolve("table"), "APIC and more");
    assertEquals(0, run(2, table).length);
    Path cutOff = Files.writeString(directory.resolve("cut"), "DMAR");
    assertEquals(0, run(2, cutOff).length);
    assertEquals(0, run(2, directory.resolve("absent")).length);
  }

  private byte[] run(int status, Path table) throws IOException, InterruptedException {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process process =
        new ProcessBuilder("sh", SCRIPT.toString(), table.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertEquals(status, process.waitFor(), Files.readString(err));
    assertTrue(status == 0 || Files.readString(err).startsWith("hide-dmar: " + table));
    return Files.readAllBytes(out);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not in the archive: " + new String(part, StandardCharsets.US_ASCII));
  }
}
