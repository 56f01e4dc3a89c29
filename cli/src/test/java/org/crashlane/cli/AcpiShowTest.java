// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AcpiShowTest {
  private static final Path TABLE =
      Path.of("../core/src/test/resources/acpi/dell-latitude-7480.dat");

  private static final Path AMD_TABLE =
      Path.of(
          "../core/src/test/resources/acpi/real/ivrs/"
              + "linuxhw_Desktop_ASUSTek_Computer_PRIME_X399-A_73EDB0DDFF0E_0f5700a1.dat");

  @TempDir private Path folder;

  @Test
  void tableIsShownAsATree() throws IOException {
    Run run = Run.of("acpi", "show", TABLE.toString());
    assertEquals("", run.err());
    assertEquals(0, run.code());
    Golden.check("acpi-show.txt", run.out());
  }

  @Test
  void jsonNamesTheSchemaAndEachSource() throws IOException {
    Run run = Run.with(Files.readAllBytes(TABLE), "acpi", "show", "--json", TABLE.toString(), "-");
    assertEquals(0, run.code());
    JsonNode document = new JsonMapper().readTree(run.out());
    assertEquals(2, document.get("version").asInt());
    assertEquals(TABLE.toString(), document.at("/tables/0/source").asString());
    assertEquals("standard input", document.at("/tables/1/source").asString());
    assertEquals(document.at("/tables/0/structures"), document.at("/tables/1/structures"));
  }

  @Test
  void tableWithAProblemEndsWithOneAndAWrongChecksumAloneDoesNot() throws IOException {
    byte[] table = Files.readAllBytes(TABLE);
    int checksum = 9;
    table[checksum]++;
    assertEquals(0, Run.with(table, "acpi", "show", "-").code());
    int lengthOfFirstStructure = 50;
    table[lengthOfFirstStructure] = 3;
    Run run = Run.with(table, "acpi", "show", "-");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("too few to find the next one"), run.out());
  }

  @Test
  void amdsTableIsShownAndItsWrongChecksumEndsWithOne() throws IOException {
    byte[] table = Files.readAllBytes(AMD_TABLE);
    Run right = Run.with(table, "acpi", "show", "-");
    assertEquals(0, right.code(), right.err());
    assertTrue(right.out().contains("\nIVRS revision 2, 304 bytes, checksum right"), right.out());
    table[9]++;
    Run wrong = Run.with(table, "acpi", "show", "--json", "-");
    assertEquals(1, wrong.code());
    JsonNode document = new JsonMapper().readTree(wrong.out());
    assertEquals("IVRS", document.at("/tables/0/signature").asString());
    assertEquals("WRONG", document.at("/tables/0/checksum").asString());
  }

  @Test
  void anotherTableIsRefused() {
    Run run = Run.with(new byte[64], "acpi", "show", "-");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("expected one of DMAR, IVRS, APIC, IORT"), run.err());
  }

  @Test
  void oneBadFileHidesNoOther() {
    Run run = Run.of("acpi", "show", folder.resolve("none").toString(), TABLE.toString());
    assertEquals(2, run.code());
    assertEquals("crashlane: " + folder.resolve("none") + ": no such file\n", run.err());
    assertTrue(run.out().contains("\n" + TABLE + ":\nDMAR revision"), run.out());
  }

  @Test
  void truncatedFileIsNamedWithTheOffset() throws IOException {
    Path cut = Files.write(folder.resolve("cut"), new byte[] {'D', 'M', 'A', 'R', 0});
    Run run = Run.of("acpi", "show", cut.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: " + cut + ": at offset 0x"), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void folderIsNoTable() {
    Run run = Run.of("acpi", "show", folder.toString());
    assertTrue(run.err().startsWith("crashlane: " + folder + ": is a directory"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals(2, run.code());
  }

  @Test
  void emptyNameIsNoFolder() {
    Run run = Run.of("acpi", "show", "");
    assertEquals(new Run(2, "", "crashlane: '': an empty name is no file\n"), run);
  }

  @Test
  void fileLargerThanAnyTableIsNotReadWhole() throws IOException {
    Path large = Files.write(folder.resolve("large"), new byte[(1 << 24) + 1]);
    Run run = Run.of("acpi", "show", large.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().contains("at offset 0x1000000: more than"), run.err());
  }
}
