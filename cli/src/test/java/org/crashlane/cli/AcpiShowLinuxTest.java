// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code acpi show} says of Linux, and how it ends. */
final class AcpiShowLinuxTest {
  private static final Path RESOURCES = Path.of("../core/src/test/resources");
  private static final Path CASES = RESOURCES.resolve("linux");

  private static final int DMAR_PREFIX_BYTES = 48;
  private static final int CHANGED_COUNT = 20;

  @TempDir private Path folder;

  private static String table(String name) {
    return CASES.resolve(name + ".dat").toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          dmar-unit-at-address-zero | 1 | refused | DMAR reported at address 0!
          dmar-two-units-one-address | 1 | dropped | prints nothing
          dmar-without-unit | 1 | refused | No DRHD structure found in DMAR table
          dmar-address-width-8 | 1 | refused | Invalid DMAR haw
          dmar-two-units-take-all | 1 | dropped | prints nothing
          dmar-device-under-two-units | 1 | dropped | prints nothing
          dmar-remaps-interrupts-without-ioapic | 0 | note | has no mapping iommu
          dmar-affinity-of-no-unit | 0 | note | RHSA refers to non-existent DMAR unit
          dmar-acpi-device-undeclared | 0 | note | prints nothing
          dmar-region-in-interrupt-window | 1 | dropped | bad RMRR
          dmar-structure-of-the-future | 0 | note | Unknown DMAR structure type
          ivrs-unit-at-address-zero | 1 | refused | Can not reserve memory region
          ivrs-second-unit-old-block-only | 1 | dropped | prints nothing
          ivrs-without-ioapic | 0 | note | No southbridge IOAPIC found
          ivrs-memory-page-at-zero | 0 | note | prints nothing
          """)
  void eachMistakeEndsAsLinuxTakesIt(String name, int code, String word, String message) {
    Run run = Run.of("acpi", "show", table(name));
    assertEquals("", run.err());
    assertEquals(code, run.code(), run.out());
    List<String> lines = run.out().lines().toList();
    int remark =
        lines.indexOf(
            lines.stream().filter(line -> line.startsWith("  " + word)).findFirst().orElseThrow());
    assertTrue(lines.get(remark + 1).contains(message), run.out());
  }

  @Test
  void answersComeFirstThenTheTable() throws IOException {
    Run run = Run.of("acpi", "show", table("dmar-device-under-two-units"));
    Golden.check("acpi-show-linux.txt", run.out());
  }

  /** An APIC table with I/O APIC {@code id} and a processor with an APIC id of 300. */
  static Path apicTable(Path folder, int id) throws IOException {
    byte[] table =
        HexFormat.of()
            .parseHex(
                "41504943480000000400"
                    + "4558414d504c4341534520202020010000004341534501000000"
                    + "0000e0fe01000000"
                    + "010c%02x000000c0fe00000000".formatted(id)
                    + "091000002c0100000100000000000000");
    byte sum = 0;
    for (byte b : table) {
      sum += b;
    }
    table[9] = (byte) -sum;
    return Files.write(folder.resolve("apic" + id), table);
  }

  @Test
  void ioApicsOfTheApicTableAreLookedForInTheDmar() throws IOException {
    String dmar = table("dmar-affinity-of-no-unit");
    Run same = Run.of("acpi", "show", dmar, apicTable(folder, 8).toString());
    assertTrue(same.out().contains("interrupts  remapped, if the units can\n"), same.out());
    assertTrue(same.out().contains("highest APIC id 300: only x2APIC mode reaches it"));
    Run other = Run.of("acpi", "show", dmar, apicTable(folder, 2).toString());
    assertEquals(0, other.code(), other.err());
    assertTrue(other.out().contains("interrupts  not remapped"), other.out());
    assertTrue(other.out().contains("I/O APIC 2 of the APIC table"), other.out());
  }

  @Test
  void jsonHasTheAnswersAndTheRules() throws IOException {
    Run run = Run.of("acpi", "show", "--json", table("dmar-unit-at-address-zero"));
    JsonNode linux = new JsonMapper().readTree(run.out()).at("/linux/0");
    assertFalse(linux.get("translatesDma").asBoolean());
    assertEquals("dmar-unit-at-zero", linux.at("/remarks/0/rule").asString());
    assertEquals("REFUSES_ALL", linux.at("/remarks/0/effect").asString());
    assertEquals("0x48", linux.at("/remarks/0/offset").asString());
  }

  @Test
  void allTablesOfAcpidumpsTextAreReadAndTheOthersAreNamed() throws IOException {
    byte[] dmar = Files.readAllBytes(CASES.resolve("dmar-structure-of-the-future.dat"));
    StringBuilder text = new StringBuilder("DSDT @ 0x0\n    0000: 44 53 44 54\n\nDMAR @ 0x0\n");
    for (int at = 0; at < dmar.length; at += 16) {
      text.append("    %04X:".formatted(at));
      for (int i = at; i < Math.min(at + 16, dmar.length); i++) {
        text.append(" %02X".formatted(dmar[i]));
      }
      text.append('\n');
    }
    Run run = Run.with(text.toString().getBytes(StandardCharsets.US_ASCII), "acpi", "show", "-");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("\nDMAR revision 1, 88 bytes, checksum right"), run.out());
    assertTrue(run.out().endsWith("Passed over: DSDT\n"), run.out());
  }

  /** Linux maps such a region, and says that it is bad. */
  @Test
  void aRegionWhoseLimitIsItsBaseIsANote() throws IOException {
    byte[] table = Files.readAllBytes(CASES.resolve("dmar-region-in-interrupt-window.dat"));
    ByteBuffer fields = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int region = DMAR_PREFIX_BYTES;
    while (fields.getShort(region) != 1) {
      region += fields.getShort(region + 2);
    }
    fields.putLong(region + 8, 0x7c000000L).putLong(region + 16, 0x7c000000L);
    Run run = Run.with(table, "acpi", "show", "-");
    assertTrue(run.out().contains("0x7c000000-0x7c000000 is no range of whole pages"), run.out());
    assertEquals(0, run.code(), run.out());
  }

  @Test
  void tablesOfTheSameKindAreOfSeveralMachines() {
    Run run =
        Run.of(
            "acpi", "show", table("dmar-unit-at-address-zero"), table("dmar-affinity-of-no-unit"));
    assertEquals(1, run.code());
    assertEquals(2, run.out().split("What Linux makes of it", -1).length - 1);
  }

  /** Whole tables, and the same with bytes changed: most of these have something wrong. */
  private static Stream<byte[]> tables() throws IOException {
    Random random = new Random(9);
    List<byte[]> tables = new ArrayList<>();
    try (Stream<Path> files = Files.list(CASES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".dat")).sorted().toList()) {
        byte[] whole = Files.readAllBytes(file);
        tables.add(whole);
        for (int i = 0; i < CHANGED_COUNT; i++) {
          byte[] changed = Arrays.copyOf(whole, whole.length - i % 2 * random.nextInt(16));
          int place = DMAR_PREFIX_BYTES + random.nextInt(changed.length - DMAR_PREFIX_BYTES);
          changed[place] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
          tables.add(changed);
        }
      }
    }
    return tables.stream();
  }

  @ParameterizedTest
  @MethodSource("tables")
  void endsWithOneIfAndOnlyIfSomethingIsRefusedOrDropped(byte[] table) {
    Run run = Run.with(table, "acpi", "show", "-");
    boolean minds =
        run.out().lines().anyMatch(l -> l.startsWith("  refused") || l.startsWith("  dropped"));
    assertEquals(minds ? 1 : 0, run.code(), run.out());
  }

  @Test
  void realTablesAreShownAndOneMachinesDmarIsRefused() throws IOException {
    List<String> arguments = new ArrayList<>(List.of("acpi", "show"));
    for (String kind : List.of("dmar", "ivrs")) {
      try (Stream<Path> files = Files.list(RESOURCES.resolve("acpi/real").resolve(kind))) {
        files.sorted().map(Path::toString).forEach(arguments::add);
      }
    }
    Run run = Run.of(arguments.toArray(String[]::new));
    assertEquals(1, run.code());
    assertEquals("", run.err());
    assertEquals(153, run.out().lines().filter("What Linux makes of it:"::equals).count());
    assertEquals(1, run.out().lines().filter(line -> line.startsWith("  refused")).count());
    assertEquals(0, run.out().lines().filter(line -> line.startsWith("  dropped")).count());
    assertEquals(18, run.out().lines().filter(line -> line.startsWith("  note")).count());
  }
}
