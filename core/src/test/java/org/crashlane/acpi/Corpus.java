// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.crashlane.SharedData;

/** Tables of many real machines, beside the repository. */
final class Corpus {
  private Corpus() {}

  /** {@return the tables of a kind, {@code dmar} or {@code ivrs}; skips the test without them} */
  static List<Path> files(String kind) throws IOException {
    try (Stream<Path> files = Files.list(SharedData.require("acpi/" + kind))) {
      return files.filter(f -> f.toString().endsWith(".dat")).sorted().toList();
    }
  }

  /** {@return for each file's name, whether its checksum is recorded as right} */
  static Map<String, Boolean> checksums(String kind) throws IOException {
    Map<String, Boolean> checksums = new HashMap<>();
    for (String row : Files.readAllLines(SharedData.require("acpi/" + kind + ".csv"))) {
      checksums.put(row.substring(0, row.indexOf(',')), row.endsWith("True"));
    }
    return checksums;
  }
}
