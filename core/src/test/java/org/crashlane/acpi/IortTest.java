// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
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
        Reason.of(
            Flaw.PARTS_DO_NOT_FIT,
            new Count(4294967295L),
            new Name("mapping"),
            new At(0x24),
            new Count(56)),
        iort.problems().getFirst().reason());
  }

  @Test
  void nodesThatAreMissingAreReported() {
    assertEquals(
        Reason.of(Flaw.NODE_COUNT, new Count(3), new Count(1)),
        read(HEAD, ITS).problems().getFirst().reason());
    assertEquals(
        Reason.of(Flaw.NODES_OUTSIDE_TABLE, new At(0x1000)),
        read("01000000 00100000 00000000", ITS).problems().getFirst().reason());
  }

  @Test
  void nodeOfTheFutureIsKept() {
    Iort iort = read("01000000 30000000 00000000", "20 0800 00 01020304");
    assertEquals(List.of(), iort.problems());
    assertEquals("0001020304", iort.nodes().getFirst().rest());
  }

  /** The offset of the nodes leaves room for fields of a later revision in front of them. */
  @Test
  void nodesBeginWhereTheTableSays() {
    Iort iort = read("01000000 34000000 00000000 ffffffff", ITS);
    assertEquals(List.of(), iort.problems());
    assertEquals("ITS group", iort.nodes().getFirst().name());
    assertEquals(
        Reason.of(Flaw.NODES_OUTSIDE_TABLE, new At(0x2f)),
        read("01000000 2f000000 00000000", ITS).problems().getFirst().reason());
    assertEquals(
        Reason.of(Flaw.NODE_COUNT, new Count(1), new Count(0)),
        read("01000000 48000000 00000000", ITS).problems().getFirst().reason());
    assertEquals(
        Reason.of(Flaw.NODES_OUTSIDE_TABLE, new At(0x49)),
        read("01000000 49000000 00000000", ITS).problems().getFirst().reason());
  }

  /** What a node has between the fields that are known and its mappings is no field. */
  @Test
  void fieldsOfANodeEndWhereItsMappingsBegin() {
    String older =
        "02 3400 01 02000000 01000000 20000000"
            + "0100000000000003 01000000 05000000"
            + "00000000 ffff0000 00000000 48000000 00000000";
    TableEntry node = read("01000000 30000000 00000000", older).nodes().getFirst();
    assertEquals(
        List.of("memoryProperties", "atsAttribute", "segment"),
        node.fields().stream().skip(4).map(FieldValue::name).toList());
    assertEquals(5L, node.value("segment"));
    assertEquals(0x48L, node.parts().getFirst().value("outputReference"));
  }

  @Test
  void everyMappingOfANodeIsRead() {
    String two =
        ROOT.replace("02 3800", "02 4c00").replace("02000000 01000000", "02000000 02000000")
            + "00000100 0f000000 00002000 60000000 01000000";
    Iort iort = read("01000000 30000000 00000000", two);
    assertEquals(List.of(), iort.problems());
    List<TableEntry> mappings = iort.nodes().getFirst().parts();
    assertEquals(
        List.of(0x48L, 0x60L), mappings.stream().map(m -> m.value("outputReference")).toList());
    assertEquals(List.of(48L + 36, 48L + 56), mappings.stream().map(m -> m.at().offset()).toList());
    assertEquals(
        Reason.of(
            Flaw.PARTS_DO_NOT_FIT, new Count(3), new Name("mapping"), new At(0x24), new Count(76)),
        read("01000000 30000000 00000000", two.replace("02000000 02000000", "02000000 03000000"))
            .problems()
            .getFirst()
            .reason());
  }

  @Test
  void theTextBeginsWithTheTableAndItsCount() {
    List<String> lines = read(HEAD, ITS + SMMU + ROOT).describe().lines().toList();
    assertTrue(lines.getFirst().startsWith("IORT"), lines::toString);
    assertTrue(lines.contains("3 nodes"), lines::toString);
  }

  @Test
  void nodeThatEndsEarlyIsNamedByItsType() {
    TableProblem problem =
        read("01000000 30000000 00000000", "00 0800 01 00000000").problems().getFirst();
    assertEquals(List.of(new Name("node"), new Count(0)), problem.reason().details().subList(0, 2));
  }
}
