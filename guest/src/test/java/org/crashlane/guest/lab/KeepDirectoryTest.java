// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeepDirectoryTest {
  @TempDir private Path directory;

  @Test
  void directoryIsMadeWithAFolderForEachScenario() throws IOException {
    Path wanted = directory.resolve("a/b");
    KeepDirectory keep = KeepDirectory.open(wanted);
    assertEquals(wanted.resolve("off"), keep.folder(Scenario.of(MappingMode.VTD, Strategy.OFF)));
    Path inside = keep.folder(Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE));
    assertEquals(wanted.resolve("identity-inside"), inside);
    assertTrue(Files.isDirectory(inside));
  }

  @Test
  void whatIsThereAlreadyIsLeftAlone() throws IOException {
    Path other = Files.writeString(directory.resolve("other"), "somebody's");
    KeepDirectory.open(directory);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(other), files.toList());
    }
    assertEquals("somebody's", Files.readString(other));
  }

  @Test
  void aFullDiskIsNamedAndLeavesNothingThatLooksLikeADump() throws IOException {
    Path vmcore = directory.resolve("vmcore");
    KeepDirectory keep = KeepDirectory.open(directory);
    keep.keep(
        Scenario.of(MappingMode.VTD, Strategy.NONE),
        folder ->
            KeepDirectory.write(
                vmcore,
                to -> {
                  Files.writeString(to, "half of a dump");
                  throw new IOException("No space left on device");
                }));
    assertEquals(vmcore + ": No space left on device", keep.problems().getFirst().getMessage());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(directory.resolve("none")), files.toList());
    }
  }

  @Test
  void aWholeFileTakesThePlaceOfAnEarlierOne() throws IOException {
    Path file = Files.writeString(directory.resolve("verdict.txt"), "earlier");
    KeepDirectory.writeText(file, "now");
    assertEquals("now", Files.readString(file));
  }

  @Test
  void aFileInItsPlaceIsNamed() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    IOException e = assertThrows(IOException.class, () -> KeepDirectory.open(file));
    assertEquals(file + ": expected a directory, not a file", e.getMessage());
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsRefused() throws IOException {
    Path locked = Files.createDirectory(directory.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeTrue(!Files.isWritable(locked), "root may write anywhere");
    assertThrows(AccessDeniedException.class, () -> KeepDirectory.open(locked));
  }
}
