// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Says which entries of the cache serve a kernel now: four lines in a file of its own.
 *
 * @param stamp of what they were made from
 * @param release of the kernel
 * @param version of the kernel's package
 * @param system the name of the entry that holds the guests' system
 */
record Pointer(String stamp, String release, String version, String system) {
  private static final String PREFIX = "current-";
  private static final int LINE_COUNT = 4;

  /** {@return where the pointer of {@code kernel} is} */
  static Path file(Cache cache, LabKernel kernel) {
    return cache.path(PREFIX + kernel.key());
  }

  /**
   * {@return what {@code file} says; nothing if it is missing or was written by another version}
   */
  static Optional<Pointer> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(file);
    return lines.size() < LINE_COUNT
        ? Optional.empty()
        : Optional.of(new Pointer(lines.get(0), lines.get(1), lines.get(2), lines.get(3)));
  }

  /** Puts it in the place of what {@code file} said. Only while the cache's lock is held. */
  void write(Cache cache, Path file) throws IOException {
    String text = String.join("\n", stamp, release, version, system) + "\n";
    Path unfinished = Files.writeString(cache.path("unfinished-pointer"), text);
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** {@return the entries that it names} */
  Set<String> entries() {
    return Set.of(
        system, Kernel.entryName(release, version), HandModule.headersName(release, version));
  }

  /** {@return the entries that any pointer of the cache in {@code directory} names} */
  static Set<String> allEntries(Path directory) throws IOException {
    Set<String> entries = new TreeSet<>();
    try (DirectoryStream<Path> pointers = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path file : pointers) {
        read(file).ifPresent(pointer -> entries.addAll(pointer.entries()));
      }
    }
    return entries;
  }
}
