// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.crashlane.Repository;
import org.crashlane.acpi.AcpiTable;
import org.junit.jupiter.api.Test;

/** What Linux makes of the tables of real machines; docs/acpi.md has the same counts. */
final class RealTablesTest {
  private static final Path TABLES = Repository.root().resolve("core/src/test/resources/acpi/real");

  private static List<Path> files(String kind) throws IOException {
    try (Stream<Path> files = Files.list(TABLES.resolve(kind))) {
      return files.sorted().toList();
    }
  }

  private static LinuxView view(Path file) throws IOException {
    return new LinuxView(List.of(AcpiTable.read(file.toString(), Files.readAllBytes(file))));
  }

  /** In how many tables of a kind each rule applies. */
  private static Map<LinuxRule, Integer> counts(String kind) throws IOException {
    Map<LinuxRule, Integer> counts = new TreeMap<>();
    for (Path file : files(kind)) {
      view(file).remarks().stream()
          .map(Remark::rule)
          .distinct()
          .forEach(rule -> counts.merge(rule, 1, Integer::sum));
    }
    return counts;
  }

  @Test
  void oneOfTheDmarTablesIsRefused() throws IOException {
    assertEquals(114, files("dmar").size());
    assertEquals(
        Map.of(LinuxRule.DMAR_UNIT_AT_ZERO, 1, LinuxRule.DMAR_X2APIC_OPT_OUT, 14), counts("dmar"));
    List<String> refused =
        files("dmar").stream()
            .filter(file -> {
              try {
                return view(file).has(Effect.REFUSES_ALL);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            })
            .map(file -> file.getFileName().toString())
            .toList();
    assertEquals(
        List.of("linuxhw_Notebook_Lenovo_IdeaPadFlex_15_20309_D19FB82D46CF_27d1e500.dat"), refused);
  }

  @Test
  void noneOfTheIvrsTablesIsRefused() throws IOException {
    assertEquals(39, files("ivrs").size());
    assertEquals(
        Map.of(LinuxRule.IVRS_UNKNOWN_BLOCK, 3, LinuxRule.IVRS_ALIASES_OF_TWO_UNITS, 1),
        counts("ivrs"));
  }

  @Test
  void everyTableButTheRefusedOneTranslatesAndHasAUnit() throws IOException {
    for (String kind : List.of("dmar", "ivrs")) {
      for (Path file : files(kind)) {
        LinuxView view = view(file);
        assertEquals(!view.has(Effect.REFUSES_ALL), view.translatesDma(), file::toString);
        assertEquals(view.translatesDma(), !view.units().isEmpty(), file::toString);
      }
    }
  }
}
