// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.LinuxHistory.Releases;
import org.crashlane.rule.Evidence.LinuxChange;
import org.crashlane.rule.Evidence.OfLinux;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which finding a kernel's version explains. */
final class LinuxHistoryTest {

  @ParameterizedTest
  @CsvSource({
    "AMDVI, OFF, 5.10.0-46-amd64, 5.10.0-46-amd64, ''",
    "AMDVI, OFF, 6.1.0-57-amd64, 5.10.0-46-amd64, ''",
    "AMDVI, OFF, 5.10.0-46-amd64, 6.1.0-57-amd64, OFF_LEAVES_UNITS",
    "VTD, OFF, 4.9.0, 4.9.0, ''",
    "VTD, OFF, 5.10.0, 5.10.0, OFF_STOPS_UNITS",
    "AMDVI, ADOPT, 6.1.0, 6.1.0, ''",
    "AMDVI, ADOPT, 6.1.0, 6.18.15+deb13-amd64, DEVICE_TABLE_REUSED",
    "VTD, ADOPT, 6.18.0, 6.18.0, ''",
    "VTD, NONE, 6.18.15, 7.3.4, ''",
    "VTD, NONE, 6.19.14, 6.1.0, GENERIC_PAGE_TABLES",
    "AMDVI, NONE, 7.3.4, 7.3.4, GENERIC_PAGE_TABLES",
  })
  void aFindingIsExplainedByTheVersionOfTheKernelThatMakesIt(
      MappingMode mode, Strategy strategy, String primary, String capture, String changes) {
    Verdict all =
        Verdict.of(
            List.of(
                Finding.note(FindingCode.A1, Part.CAPTURE_KERNEL, List.of()),
                Finding.note(FindingCode.C2, Part.CAPTURE_KERNEL, List.of()),
                Finding.note(FindingCode.C5, Part.CAPTURE_KERNEL, List.of())));
    Verdict explained = LinuxHistory.explain(all, mode, strategy, new Releases(primary, capture));
    Set<LinuxChange> expected =
        Arrays.stream(changes.split(",", -1))
            .filter(name -> !name.isEmpty())
            .map(LinuxChange::valueOf)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(LinuxChange.class)));
    Set<LinuxChange> found = EnumSet.noneOf(LinuxChange.class);
    explained.findings().forEach(f -> f.evidence().forEach(e -> found.add(((OfLinux) e).what())));
    assertEquals(expected, found);
    assertEquals(all.answer(), explained.answer());
  }

  @Test
  void everyChangeHasVersionAndSource() {
    Set<LinuxChange> listed = EnumSet.noneOf(LinuxChange.class);
    for (LinuxHistory entry : LinuxHistory.all()) {
      listed.add(entry.change());
      assertEquals(false, entry.linux().first().isEmpty() || entry.source().isEmpty());
    }
    assertEquals(EnumSet.allOf(LinuxChange.class), listed);
  }
}
