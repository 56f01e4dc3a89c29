// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.SharedData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of many real machines, and what ACPICA's disassembler says they are. */
@Tag("slow")
final class DmarCorpusTest {
  /** Structures that iasl 20200925 and later agree on; it stops at SATC where it is older. */
  private static final int LAST_COMMON_TYPE = DmarLayout.ANDD;

  private static final Pattern FIELD = Pattern.compile("\\[\\w+h (\\d+) +\\w+] +([^:]+?) : (.*)");

  private static final Set<String> COMPARED =
      Set.of(
          "Host Address Width",
          "PCI Segment Number",
          "Register Base Address",
          "Base Address",
          "End Address (limit)",
          "Proximity Domain",
          "Subtable Type",
          "Device Scope Type",
          "Enumeration ID",
          "PCI Bus Number",
          "PCI Path",
          "Device Number");

  private static List<Path> corpus() throws IOException {
    try (Stream<Path> files = Files.list(SharedData.require("acpi/dmar"))) {
      return files.filter(f -> f.toString().endsWith(".dat")).sorted().toList();
    }
  }

  @Test
  void everyTableReadsWithoutProblemsButForRecordedChecksums() throws IOException {
    Map<String, Boolean> checksums = new HashMap<>();
    for (String row : Files.readAllLines(SharedData.require("acpi/dmar.csv"))) {
      checksums.put(row.substring(0, row.indexOf(',')), row.endsWith("True"));
    }
    List<Path> files = corpus();
    assertTrue(files.size() > 100, "tables: " + files.size());
    for (Path file : files) {
      Dmar dmar = Dmar.read(file.toString(), Files.readAllBytes(file));
      boolean right = checksums.get(file.getFileName().toString());
      assertEquals(right ? Checksum.RIGHT : Checksum.WRONG, dmar.checksum(), file::toString);
      assertEquals(right ? 0 : 1, dmar.problems().size(), () -> file + ": " + dmar.problems());
      assertTrue(!dmar.units().isEmpty(), file::toString);
    }
  }

  @Test
  void everyTableIsWhatIaslSaysItIs(@TempDir Path folder) throws Exception {
    assumeTrue(isInstalled(), "iasl (acpica-tools) is not installed");
    int index = 0;
    for (Path file : corpus()) {
      Path copy = folder.resolve("table" + index++ + ".dat");
      Files.copy(file, copy);
      Dmar dmar = Dmar.read(file.toString(), Files.readAllBytes(file));
      List<String> theirs = disassemble(copy);
      List<String> ours = fields(dmar);
      assertEquals(String.join("\n", theirs), String.join("\n", ours), file::toString);
      assertTrue(ours.size() > 2, file::toString);
    }
  }

  private static boolean isInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "iasl")));
  }

  /** What iasl prints of a table. */
  private static List<String> disassemble(Path table) throws IOException, InterruptedException {
    Process iasl =
        new ProcessBuilder("iasl", "-d", table.toString())
            .redirectErrorStream(true)
            .directory(table.getParent().toFile())
            .start();
    String output = new String(iasl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, iasl.waitFor(), output);
    Path text = Path.of(table.toString().replace(".dat", ".dsl"));
    return fields(Files.readAllLines(text, StandardCharsets.ISO_8859_1));
  }

  /** The fields that both sides know, each as its decimal offset and its value. */
  private static List<String> fields(List<String> disassembly) {
    List<String> fields = new ArrayList<>();
    for (String line : disassembly) {
      Matcher m = FIELD.matcher(line);
      if (!m.matches()) {
        continue;
      }
      String name = m.group(2);
      String value = m.group(3).split(" ", 2)[0].toLowerCase(Locale.ROOT);
      if (name.equals("Subtable Type") && Integer.parseInt(value, 16) > LAST_COMMON_TYPE) {
        break;
      }
      if (COMPARED.contains(name)) {
        fields.add(m.group(1) + " " + value);
      }
    }
    return fields;
  }

  private static List<String> fields(Dmar dmar) {
    List<String> fields = new ArrayList<>();
    fields.add("0036 %02x".formatted(dmar.hostAddressWidthBits() - 1));
    for (DmarStructure structure : dmar.structures()) {
      if (structure.type() > LAST_COMMON_TYPE) {
        break;
      }
      fieldsOf(structure, fields);
      for (DeviceScope scope : structure.scopes()) {
        long at = scope.at().offset();
        fields.add("%04d %02x".formatted(at, scope.type()));
        fields.add("%04d %02x".formatted(at + 4, scope.enumerationId()));
        fields.add("%04d %02x".formatted(at + 5, scope.startBus()));
        for (int hop = 0; hop < scope.path().size(); hop++) {
          DeviceScope.Hop step = scope.path().get(hop);
          fields.add("%04d %02x,%02x".formatted(at + 6 + 2L * hop, step.device(), step.function()));
        }
      }
    }
    return fields;
  }

  private static void fieldsOf(DmarStructure structure, List<String> fields) {
    long at = structure.at().offset();
    fields.add("%04d %04x".formatted(at, structure.type()));
    switch (structure) {
      case DmarStructure.Drhd drhd -> {
        fields.add("%04d %04x".formatted(at + 6, drhd.segment()));
        fields.add("%04d %016x".formatted(at + 8, drhd.registerBase()));
      }
      case DmarStructure.Rmrr rmrr -> {
        fields.add("%04d %04x".formatted(at + 6, rmrr.segment()));
        fields.add("%04d %016x".formatted(at + 8, rmrr.base()));
        fields.add("%04d %016x".formatted(at + 16, rmrr.limit()));
      }
      case DmarStructure.Atsr atsr -> fields.add("%04d %04x".formatted(at + 6, atsr.segment()));
      case DmarStructure.Rhsa rhsa -> {
        fields.add("%04d %016x".formatted(at + 8, rhsa.registerBase()));
        fields.add("%04d %08x".formatted(at + 16, rhsa.proximityDomain()));
      }
      case DmarStructure.Andd andd ->
          fields.add("%04d %02x".formatted(at + 7, andd.deviceNumber()));
      case DmarStructure.Satc _, DmarStructure.Sidp _, DmarStructure.Unknown _ ->
          throw new AssertionError("iasl of all versions does not know " + structure);
    }
  }
}
