// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of many real machines, and what ACPICA's disassembler says they are. */
@Tag("slow")
final class DmarCorpusTest {
  /** Structures that iasl 20200925 and later agree on; it stops at SATC where it is older. */
  private static final int LAST_COMMON_TYPE = DmarLayout.ANDD;

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

  @Test
  void everyTableReadsWithoutProblemsButForRecordedChecksums() throws IOException {
    Map<String, Boolean> checksums = Corpus.checksums("dmar");
    List<Path> files = Corpus.files("dmar");
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
    Iasl iasl = Iasl.require(folder);
    for (Path file : Corpus.files("dmar")) {
      Dmar dmar = Dmar.read(file.toString(), Files.readAllBytes(file));
      List<String> theirs = fields(iasl.disassemble(file));
      List<String> ours = fields(dmar);
      assertEquals(String.join("\n", theirs), String.join("\n", ours), file::toString);
      assertTrue(ours.size() > 2, file::toString);
    }
  }

  /** The fields that both sides know, each as its decimal offset and its value. */
  private static List<String> fields(List<Iasl.Field> disassembly) {
    List<String> fields = new ArrayList<>();
    for (Iasl.Field field : disassembly) {
      if (field.name().equals("Subtable Type")
          && Integer.parseInt(field.value(), 16) > LAST_COMMON_TYPE) {
        break;
      }
      if (COMPARED.contains(field.name())) {
        fields.add("%04d %s".formatted(field.offset(), field.value()));
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
