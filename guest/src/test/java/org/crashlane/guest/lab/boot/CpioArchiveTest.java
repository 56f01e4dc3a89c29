// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpioArchiveTest {
  private static final Path CPIO = Path.of("/usr/bin/cpio");

  @Test
  void emptyArchiveIsItsTrailer() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new CpioArchive(out).close();

    String expected =
        "070701"
            + "00000001" // inode
            + "00000000".repeat(3) // mode, user, group
            + "00000001" // links
            + "00000000".repeat(6) // time, size, device, special device
            + "0000000b" // name size
            + "00000000" // check
            + "TRAILER!!!\0\0\0\0";
    assertEquals(expected, out.toString(StandardCharsets.US_ASCII));
  }

  @Test
  void everyEntryBeginsOnFourBytes() throws IOException {
    for (int size = 0; size < 9; size++) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (CpioArchive archive = new CpioArchive(out)) {
        archive.file("a".repeat(size + 1), new byte[size]);
        archive.file("next", new byte[0]);
      }
      String text = out.toString(StandardCharsets.ISO_8859_1);
      int second = text.indexOf("070701", 1);
      assertEquals(0, second % 4, "second entry behind " + size + " bytes");
      assertEquals(0, text.length() % 4);
    }
  }

  @Test
  void parentsAreMadeOnceAndFirst() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CpioArchive archive = new CpioArchive(out)) {
      archive.file("usr/lib/one", new byte[] {1});
      archive.file("usr/lib/two", new byte[] {2});
    }
    String text = out.toString(StandardCharsets.ISO_8859_1);
    List<Integer> order =
        List.of(
            text.indexOf("usr\0"),
            text.indexOf("usr/lib\0"),
            text.indexOf("usr/lib/one\0"),
            text.indexOf("usr/lib/two\0"));
    assertEquals(order.stream().sorted().toList(), order);
    assertEquals(-1, text.indexOf("usr/lib\0", text.indexOf("usr/lib\0") + 1));
  }

  @Test
  void sameEntriesGiveTheSameBytes() throws IOException {
    assertArrayEquals(sample(), sample());
  }

  @Test
  void wrongPathsAreRefused() {
    CpioArchive archive = new CpioArchive(new ByteArrayOutputStream());
    assertThrows(IllegalArgumentException.class, () -> archive.file("/etc/x", new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> archive.file("", new byte[0]));
  }

  @Test
  void sameNameTwiceIsRefused() throws IOException {
    CpioArchive archive = new CpioArchive(new ByteArrayOutputStream());
    archive.file("x", new byte[0]);
    assertThrows(IllegalArgumentException.class, () -> archive.link("x", "y"));
  }

  @Test
  void cpioReadsIt(@TempDir Path directory) throws Exception {
    assumeTrue(Files.isExecutable(CPIO), "no " + CPIO);
    Path archive = Files.write(directory.resolve("sample.cpio"), sample());
    Process process =
        new ProcessBuilder(CPIO.toString(), "-t", "-v", "--numeric-uid-gid", "--quiet")
            .redirectInput(archive.toFile())
            .redirectErrorStream(true)
            .start();
    List<String> lines = process.inputReader().lines().toList();
    assertEquals(0, process.waitFor(), String.join("\n", lines));

    assertEquals(6, lines.size(), String.join("\n", lines));
    assertLine(lines.get(0), "drwxr-xr-x", "bin");
    assertLine(lines.get(1), "-rwxr-xr-x", "bin/tool");
    assertLine(lines.get(2), "lrwxrwxrwx", "bin/alias -> tool");
    assertLine(lines.get(3), "drwxr-xr-x", "dev");
    assertLine(lines.get(4), "crw-------", "dev/console");
    assertLine(lines.get(5), "-rwxr-xr-x", "init");
    assertEquals(true, lines.get(4).contains("5,   1"), lines.get(4));
  }

  private static void assertLine(String line, String mode, String name) {
    assertEquals(mode, line.split(" ", 2)[0], line);
    assertEquals(true, line.endsWith(" " + name), line);
  }

  private static byte[] sample() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CpioArchive archive = new CpioArchive(out)) {
      archive.file("bin/tool", new byte[] {1, 2, 3});
      archive.link("bin/alias", "tool");
      archive.device("dev/console", 5, 1);
      archive.file("init", "#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII));
    }
    return out.toByteArray();
  }
}
