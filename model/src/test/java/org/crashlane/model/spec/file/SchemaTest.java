// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema and the reader accept the same form; what only the reader checks is named here. */
class SchemaTest {
  private static final JsonSchema SCHEMA = JsonSchema.ofMachines();

  /** What a schema cannot say: how values of different fields go together. */
  private static final List<String> SENSE =
      List.of(
          "overlaps",
          "not in memory",
          "already taken",
          "no unit is called",
          "no device is called",
          "has no units",
          "needs mode vtd",
          "behind which of",
          "dump-path: true",
          "own address",
          "a device that a guest owns",
          "whole pages",
          "ends before it begins",
          "multiple of",
          "room for the pool",
          "aperture is",
          "beyond",
          "more than 16G",
          "too small for a capture kernel",
          "partly in memory",
          "requests of segment",
          "ids of 255",
          "entries: none for",
          "there is no memory at",
          "runs off",
          "a device table is",
          "expected era today");

  /** Values that some field takes and others do not. */
  private static final List<String> VALUES =
      List.of(
          "true",
          "false",
          "\"true\"",
          "null",
          "",
          "[]",
          "{}",
          "0",
          "1",
          "2",
          "11",
          "12",
          "39",
          "40",
          "48",
          "64",
          "65",
          "-1",
          "1.5",
          "\"12\"",
          "x",
          "Nic",
          "nic",
          "x-1",
          "a b",
          "2.6.27",
          "today",
          "Today",
          "receiver",
          "storage",
          "vtd",
          "amdvi",
          "copy",
          "nommu",
          "gart",
          "calgary",
          "swiotlb",
          "calioc2",
          "64k",
          "8M",
          "64M",
          "64m",
          "0M",
          "1T",
          "123456789012M",
          "0x0",
          "0x1000",
          "0x38000000",
          "0xg",
          "0x11111111111111111",
          "0x0-0xfff",
          "0x0 - 0x3fffffff",
          "0x0-fff",
          "00:1f.2",
          "00:1f.8",
          "100:00.0",
          "[1, 2, 3]",
          "[0x0-0xfff]",
          "{at: 0x1000, size: 4K}",
          "{at: 0x1000}",
          "{at: 0x1000, size: 4K, x: 1}");

  static List<String> names() {
    return BuiltInMachines.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void builtInMachinesAreOfItsForm(String name) {
    assertTrue(SCHEMA.accepts(BuiltInMachines.text(name).orElseThrow()));
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachFieldTakesTheSameValuesInBoth(String name) {
    List<String> lines = BuiltInMachines.text(name).orElseThrow().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int colon = line.indexOf(": ");
      if (!line.strip().startsWith("#") && colon > 0 && !line.contains("{")) {
        for (String value : VALUES) {
          sameInBoth(replaced(lines, i, line.substring(0, colon + 2) + value));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachLineIsMissedOrNotInBoth(String name) {
    List<String> lines = BuiltInMachines.text(name).orElseThrow().lines().toList();
    IntStream.range(0, lines.size()).forEach(i -> sameInBoth(replaced(lines, i, "")));
  }

  @ParameterizedTest
  @MethodSource("names")
  void unknownFieldsAreRefusedByBoth(String name) {
    List<String> lines = BuiltInMachines.text(name).orElseThrow().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.matches("[ -]*[a-z-]+:.*")) {
        String indent = line.replaceFirst("[a-z].*", "").replace('-', ' ');
        for (String field : Stream.of("x", "force", "unit", "pool", "alias").toList()) {
          sameInBoth(replaced(lines, i, line + "\n" + indent + field + ": nic"));
        }
      }
    }
  }

  @Test
  void sizesAndAddressesMayBeNumbersInJson() {
    String json =
        """
        {"$schema": "x", "name": "a", "summary": "b", "ram": ["0x0-0x7fffff"],
         "crash": [{"at": "0x1000", "size": 1048576}], "mapping": {"mode": "nommu"},
         "devices": [{"name": "d", "address": "00:01.0", "kind": "storage", "dump-path": true}]}
        """;
    assertTrue(SCHEMA.accepts(json));
    assertEquals(1 << 20, MachineFile.read("x", json).crashRanges().getFirst().sizeBytes());
  }

  /** Where the reader finds no sense it may not have looked at the form of all of it. */
  private static void sameInBoth(String text) {
    try {
      MachineFile.read("x", text);
      assertTrue(SCHEMA.accepts(text), "only the reader accepts:\n" + text);
    } catch (MachineFileException e) {
      boolean ofYaml = e.reason().startsWith("not YAML") || e.reason().contains("already there");
      // A schema sees numbers, and not how they are written.
      boolean ofNotation =
          e.reason().matches(".*in hexadecimal.*not '[0-9]+'|expected a size .*not '0x[0-9a-f]+'");
      if (!ofYaml && !ofNotation && SENSE.stream().noneMatch(e.reason()::contains)) {
        assertFalse(SCHEMA.accepts(text), e.getMessage() + "\nand the schema accepts:\n" + text);
      }
    }
  }

  private static String replaced(List<String> lines, int index, String line) {
    List<String> copy = new ArrayList<>(lines);
    copy.set(index, line);
    return String.join("\n", copy) + "\n";
  }
}
