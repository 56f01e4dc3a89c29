// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.crashlane.rehearsal.CrashOutcome.Dump;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What became of a dump and of other memory, in one word. */
final class CrashOutcomeTest {

  @ParameterizedTest
  @CsvSource({
    "WHOLE, UNCHANGED, GOOD",
    "WHOLE, OVERWRITTEN, BAD",
    "WHOLE, NOT_SEEN, GOOD",
    "WHOLE_BUT_IOMMU, UNCHANGED, GOOD",
    "WHOLE_BUT_IOMMU, OVERWRITTEN, BAD",
    "WHOLE_BUT_IOMMU, NOT_SEEN, GOOD",
    "DIFFERS, UNCHANGED, BAD",
    "DIFFERS, OVERWRITTEN, BAD",
    "DIFFERS, NOT_SEEN, BAD",
    "NONE, UNCHANGED, BAD",
    "NONE, OVERWRITTEN, BAD",
    "NONE, NOT_SEEN, BAD",
    "NOT_TRIED, UNCHANGED, UNKNOWN",
    "NOT_TRIED, OVERWRITTEN, BAD",
    "NOT_TRIED, NOT_SEEN, UNKNOWN"
  })
  void aWholeDumpAndMemoryNotOverwrittenAreGood(Dump dump, Memory memory, Grade grade) {
    assertEquals(grade, new CrashOutcome(dump, memory).grade());
  }
}
