// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** ACPICA's disassembler, a second opinion on tables. */
final class Iasl {
  private static final Pattern FIELD = Pattern.compile("\\[\\w+h (\\d+) +\\w+] +([^:]+?) : (.*)");
  private final Path folder;
  private int tableCount;

  /**
   * A field as iasl prints it.
   *
   * @param offset in bytes from the beginning of the table
   * @param value its first word, in lower case
   */
  record Field(int offset, String name, String value) {}

  private Iasl(Path folder) {
    this.folder = folder;
  }

  /** {@return iasl, working in {@code folder}; skips the test where it is not installed} */
  static Iasl require(Path folder) {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(place -> Files.isExecutable(Path.of(place, "iasl"))),
        "iasl (acpica-tools) is not installed");
    return new Iasl(folder);
  }

  /** {@return what iasl prints of a table, field by field} */
  List<Field> disassemble(Path table) throws IOException, InterruptedException {
    Path copy = folder.resolve("table" + tableCount++ + ".dat");
    Files.copy(table, copy);
    Process iasl =
        new ProcessBuilder("iasl", "-d", copy.toString())
            .redirectErrorStream(true)
            .directory(folder.toFile())
            .start();
    String output = new String(iasl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, iasl.waitFor(), output);
    Path text = Path.of(copy.toString().replace(".dat", ".dsl"));
    List<Field> fields = new ArrayList<>();
    for (String line : Files.readAllLines(text, StandardCharsets.ISO_8859_1)) {
      Matcher m = FIELD.matcher(line);
      if (m.matches()) {
        String value = m.group(3).split(" ", 2)[0].toLowerCase(Locale.ROOT);
        fields.add(new Field(Integer.parseInt(m.group(1)), m.group(2), value));
      }
    }
    return fields;
  }
}
