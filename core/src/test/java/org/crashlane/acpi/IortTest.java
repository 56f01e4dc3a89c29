// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Nodes of an I/O Remapping Table, with their mappings. */
final class IortTest {
  private static final String HEAD = "03000000 30000000 00000000";
  private static final String ITS = "00 1800 01 00000000 00000000 00000000 01000000 07000000";

  private static final String SMMU =
      "04 5800 04 01000000 01000000 44000000"
          + "0000050900000000 01000000 00000000 0000000000000000 00000000"
          + "4a000000 4b000000 4d000000 4c000000 00000000 00000000"
          + "00000000 ffff0000 00000000 30000000 00000000";
  private static final String ROOT =
      "02 3800 03 02000000 01000000 24000000"
          + "0100000000000003 01000000 00000000 40 000000"
          + "00000000 ffff0000 00000000 48000000 00000000";

  private static Iort read(String head, String nodes) {
    return Iort.read("made", new TableBuilder().signature("IORT").fields(head).add(nodes).build());
  }

  @Test
  void nodesAreReadWithTheirFieldsAndMappings() {
    Iort iort = read(HEAD, ITS + SMMU + ROOT);
    assertEquals(List.of(), iort.problems());
    assertEquals(
        List.of("ITS group", "SMMUv3", "root complex"),
        iort.nodes().stream().map(TableEntry::name).toList());
    TableEntry smmu = iort.nodes().get(1);
    assertEquals(0x9050000L, smmu.value("base"));
    assertEquals(0x4dL, smmu.value("gerrGsiv"));
    assertEquals(0xffffL, smmu.parts().getFirst().value("idCountMinusOne"));
    TableEntry root = iort.nodes().getLast();
    assertEquals(0x40L, root.value("addressBits"));
    assertEquals(0x48L, root.parts().getFirst().value("outputReference"));
    assertEquals(7L, iort.nodes().getFirst().parts().getFirst().value("itsId"));
  }

  @Test
  void flagsHaveNames() {
    List<String> lines = read(HEAD, ITS + SMMU + ROOT).describe().lines().toList();
    assertTrue(
        lines.stream()
            .anyMatch(
                line -> line.contains("memory properties 0x300000000000001 (CCA, CPM, DACS)")),
        lines::toString);
    assertTrue(
        lines.stream().anyMatch(line -> line.contains("flags 0x00000001 (CohaccOverride)")),
        lines::toString);
  }

  @Test
  void namedComponentHasItsName() {
    String node =
        "01 2800 02 00000000 00000000 00000000 00000000 0000000000000000 30 5c5f53422e4100"
            + "000000";
    Iort iort = read("01000000 30000000 00000000", node.replace("2800", "2700"));
    assertEquals(List.of(), iort.problems());
    assertEquals("\\_SB.A", iort.nodes().getFirst().text());
  }

  @Test
  void reservedMemoryHasItsRanges() {
    String node =
        "06 3000 01 00000000 00000000 00000000 01000000 01000000 1c000000"
            + "000000f000000000 0000100000000000 00000000";
    Iort iort = read("01000000 30000000 00000000", node);
    assertEquals(List.of(), iort.problems());
    assertEquals(0xf0000000L, iort.nodes().getFirst().parts().getFirst().value("base"));
  }

  @Test
  void mappingsThatDoNotFitAreReported() {
    Iort iort = read(HEAD, ITS + SMMU + ROOT.replace("02000000 01000000", "02000000 ffffffff"));
    assertEquals(
        "4294967295 of mapping at 0x24 do not fit into their node of 56 bytes",
        iort.problems().getFirst().reason());
  }

  @Test
  void nodesThatAreMissingAreReported() {
    assertEquals(
        "the table reports 3 nodes and contains 1", read(HEAD, ITS).problems().getFirst().reason());
    assertEquals(
        "the nodes begin at 0x1000, not in the table",
        read("01000000 00100000 00000000", ITS).problems().getFirst().reason());
  }

  @Test
  void nodeOfTheFutureIsKept() {
    Iort iort = read("01000000 30000000 00000000", "20 0800 00 01020304");
    assertEquals(List.of(), iort.problems());
    assertEquals("0001020304", iort.nodes().getFirst().rest());
  }
}
