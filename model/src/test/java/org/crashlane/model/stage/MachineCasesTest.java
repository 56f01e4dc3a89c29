// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.model.spec.file.MachineFileException;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Machines that people describe, with what is right of each: {@code valid.tsv} has the verdict
 * under {@code identity}, codes that must be among the findings that decide it, and what becomes of
 * the dump where the verdict leaves that open; {@code invalid.tsv} the place and the field of the
 * mistake.
 */
class MachineCasesTest {
  private static final Path CASES = folder();
  private static final int DUMP = 3;

  private static Path folder() {
    try {
      return Path.of(MachineCasesTest.class.getResource("machines").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> rows(String table) {
    try {
      return Files.readAllLines(CASES.resolve(table));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> valid() {
    return rows("valid.tsv");
  }

  static List<String> invalid() {
    return rows("invalid.tsv");
  }

  @ParameterizedTest
  @MethodSource("valid")
  void theVerdictIsTheRightOne(String row) throws IOException {
    String[] cells = row.split("\t", -1);
    MachineSpec machine =
        MachineFile.read(CASES.resolve("valid").resolve(cells[0]), ModelStage::start);
    Rehearsal rehearsal =
        new ModelStage(machine, 1)
            .rehearse(Scenario.of(machine.mode(), Strategy.IDENTITY), _ -> {});
    Severity deciding =
        rehearsal.verdict().answer() == Answer.UNKNOWN ? Severity.UNKNOWN : Severity.BROKEN;
    Set<String> decides =
        rehearsal.verdict().findings().stream()
            .filter(finding -> finding.severity() == deciding)
            .map(finding -> finding.code().name())
            .collect(Collectors.toSet());
    assertEquals(cells[1], rehearsal.verdict().answer().name(), () -> "" + rehearsal.verdict());
    assertEquals(rehearsal.verdict().answer() == Answer.HOLDS, cells[2].isEmpty(), row);
    assertTrue(
        decides.containsAll(Stream.of(cells[2].split(" ", -1)).filter(c -> !c.isEmpty()).toList()),
        () -> "" + rehearsal.verdict());
    String dump = rehearsal.observations().dump().getClass().getSimpleName();
    if (rehearsal.verdict().answer() == Answer.HOLDS) {
      assertEquals("Written", dump, () -> "" + rehearsal.observations().dump());
    }
    if (cells.length > DUMP) {
      assertEquals(cells[DUMP], dump, () -> "" + rehearsal.observations().dump());
    }
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void theMistakeIsNamedWithPlaceAndField(String row) {
    String[] cells = row.split("\t", -1);
    Path file = CASES.resolve("invalid").resolve(cells[0]);
    MachineFileException e =
        assertThrows(MachineFileException.class, () -> MachineFile.read(file, ModelStage::start));
    assertEquals(cells[1], e.line() + ":" + e.column() + " " + e.field(), e::getMessage);
  }

  @Test
  void everyFileHasARow() throws IOException {
    assertEquals(files("valid"), names(valid()));
    assertEquals(files("invalid"), names(invalid()));
  }

  private static Set<String> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(CASES.resolve(directory))) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private static Set<String> names(List<String> rows) {
    return rows.stream().map(row -> row.split("\t", -1)[0]).collect(Collectors.toSet());
  }
}
