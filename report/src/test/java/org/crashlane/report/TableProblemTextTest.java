// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Flaw;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Because;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Device;
import org.crashlane.bits.Reason.Name;
import org.crashlane.bits.Reason.Size;
import org.crashlane.firmware.RuleExamples;
import org.crashlane.firmware.RuleExamples.Example;
import org.crashlane.firmware.Tables;
import org.crashlane.linux.LinuxRule;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.Remark;
import org.crashlane.memory.Absence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every flaw of a table and every rule of Linux has words, with a place for all that was seen. */
final class TableProblemTextTest {
  static List<Example> examples() {
    return RuleExamples.EXAMPLES;
  }

  private static final Name STRUCTURE = new Name("structure");
  private static final Name TABLE = new Name("ACPI table");
  private static final Device DEVICE = new Device(0x08);

  private static final List<Reason> FLAWS =
      List.of(
          Reason.of(Flaw.LENGTH_TOO_SMALL, new Count(47), new Name("DMAR")),
          Reason.of(Flaw.TRUNCATED, new Count(64), new Count(56)),
          Reason.of(Flaw.FILE_LONGER, new Count(56), new Count(64)),
          Reason.of(Flaw.CHECKSUM, new Code(0x5), new Code(0xf0)),
          Reason.of(Flaw.BYTES_DO_NOT_ADD_UP),
          Reason.of(Flaw.REST_IS_NO_STRUCTURE, new Count(3)),
          Reason.of(
              Flaw.NEXT_STRUCTURE_NOT_FOUND, STRUCTURE, new Count(2), new Count(0), new Count(4)),
          Reason.of(
              Flaw.STRUCTURE_BEYOND_TABLE,
              new Name("block"),
              new Code(0x10),
              new Count(32),
              new Count(4)),
          Reason.of(
              Flaw.STRUCTURE_TOO_SHORT,
              STRUCTURE,
              new Count(1),
              new Name("flags"),
              new Count(8),
              new Count(0)),
          Reason.of(Flaw.STRUCTURE_NOT_READ),
          Reason.of(Flaw.STRUCTURES_END_EARLY, new Count(144), new Count(72)),
          Reason.of(Flaw.REGISTER_BASE_UNALIGNED, new At(0xfed90801L), new Size(0x1000)),
          Reason.of(Flaw.REST_IS_NO_SCOPE, new Count(5)),
          Reason.of(Flaw.NEXT_SCOPE_NOT_FOUND, new Count(5), new Count(8)),
          Reason.of(Flaw.SCOPE_BEYOND_STRUCTURE, new Count(10), new Count(8)),
          Reason.of(Flaw.SCOPE_WITHOUT_PATH),
          Reason.of(Flaw.PATH_BEYOND_PCI, new Count(32), new Count(0)),
          Reason.of(Flaw.PATH_ENDS_IN_HALF_AN_ENTRY),
          Reason.of(Flaw.REGION_BACKWARDS, new At(0xfff), new At(0x2000)),
          Reason.of(Flaw.REGION_NOT_WHOLE_PAGES, new At(0x2000), new At(0x27ff)),
          Reason.of(Flaw.NAME_WITHOUT_END),
          Reason.of(Flaw.ENTRY_OF_UNKNOWN_LENGTH, new Code(0xf1), new Count(8)),
          Reason.of(Flaw.ENTRY_CUT_OFF, new Code(0x42), new Count(8), new Count(4)),
          Reason.of(Flaw.RANGE_WITHOUT_END, DEVICE),
          Reason.of(Flaw.RANGE_WITHOUT_BEGINNING, DEVICE),
          Reason.of(Flaw.RANGE_BACKWARDS, new Device(0x10), DEVICE),
          Reason.of(Flaw.UNKNOWN_SPECIAL_DEVICE, new Count(3)),
          Reason.of(Flaw.ACPI_DEVICE_CUT_OFF, new Count(20)),
          Reason.of(Flaw.ACPI_DEVICE_IN_OLD_BLOCK, new Code(0x11)),
          Reason.of(Flaw.UNIQUE_ID_CUT_OFF, new Count(4), new Count(3)),
          Reason.of(Flaw.UNIQUE_ID_OF_OTHER_FORMAT, new Count(1), new Count(0)),
          Reason.of(Flaw.MEMORY_IS_NO_RANGE, new At(0xfffffffffffff000L), new Size(0x2000)),
          Reason.of(Flaw.MEMORY_BEGINS_WITHIN_PAGE, new At(0x1800)),
          Reason.of(Flaw.NODES_OUTSIDE_TABLE, new At(0x1000)),
          Reason.of(Flaw.NODE_COUNT, new Count(3), new Count(1)),
          Reason.of(
              Flaw.PARTS_DO_NOT_FIT,
              new Count(4294967295L),
              new Name("mapping"),
              new At(0x24),
              new Count(56)),
          Reason.of(Flaw.ROOT_POINTER_NOT_FOUND),
          Reason.of(Flaw.TOO_MANY_ROOT_POINTERS, new Count(65)),
          Reason.of(Flaw.ROOT_POINTERS_DIFFER, new At(0xf5a10), new At(0x3000000)),
          Reason.of(Flaw.MEMORY_NOT_READ, new At(0x9000000), new Because(Absence.NO_MEMORY)),
          Reason.of(Flaw.OTHER_SIGNATURE, new Name("XSDT"), new At(0x3200000), new Name("\"AB\"")),
          Reason.of(Flaw.TABLE_DOES_NOT_ADD_UP, TABLE, new At(0x3000)),
          Reason.of(
              Flaw.LENGTH_OUT_OF_BOUNDS,
              TABLE,
              new At(0x3000),
              new Count(35),
              new Count(36),
              new Count(2097152)),
          Reason.of(
              Flaw.TABLE_TOO_SHORT,
              TABLE,
              new At(0x3000),
              new Name("flags"),
              new Count(1),
              new Count(0)));

  @Test
  void everyFlawHasWords() throws IOException {
    assertEquals(
        EnumSet.allOf(Flaw.class), FLAWS.stream().map(Reason::term).collect(Collectors.toSet()));
    Golden.check("flaws.txt", lines(FLAWS));
  }

  @Test
  void everyRuleHasWords() throws IOException {
    List<Reason> reasons = new ArrayList<>();
    for (Example example : RuleExamples.EXAMPLES) {
      new LinuxView(example.tables())
          .remarks().stream()
              .filter(remark -> remark.rule() == example.rule())
              .map(remark -> remark.place().reason())
              .forEach(reasons::add);
    }
    Set<LinuxRule> rules = EnumSet.noneOf(LinuxRule.class);
    reasons.forEach(reason -> {
      if (reason.term() instanceof LinuxRule rule) {
        rules.add(rule);
      }
    });
    // What no other rule is about has the words of its flaw.
    assertEquals(
        EnumSet.of(
            LinuxRule.DMAR_CONTENT_LOST,
            LinuxRule.IVRS_CONTENT_LOST,
            LinuxRule.MADT_CONTENT_LOST,
            LinuxRule.IORT_CONTENT_LOST),
        EnumSet.complementOf(EnumSet.copyOf(rules)));
    Golden.check("rules.txt", lines(reasons));
  }

  private static String lines(List<Reason> reasons) {
    return reasons.stream()
        .map(reason -> ReasonText.id(reason.term()) + ": " + ReasonText.of(reason) + "\n")
        .distinct()
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @MethodSource("examples")
  void nothingThatWasSeenIsLeftOut(Example example) {
    for (Remark remark : new LinuxView(example.tables()).remarks()) {
      requireAllGaps(remark.place().reason());
    }
    example.tables().forEach(table -> table.problems().forEach(p -> requireAllGaps(p.reason())));
  }

  @Test
  void flawsHaveAGapForEachDetail() {
    FLAWS.forEach(TableProblemTextTest::requireAllGaps);
  }

  private static void requireAllGaps(Reason reason) {
    int count = reason.details().size();
    String words =
        reason.term() instanceof LinuxRule rule
            ? TableProblemText.words(rule, count)
            : TableProblemText.words((Flaw) reason.term(), count);
    assertEquals(count, Pattern.compile("%s").matcher(words).results().count(), words);
  }

  @Test
  void problemsAreBehindTheTable() {
    byte[] table = Tables.table("DMAR", "2600 00000000000000000000 0700 0600 abcd 02");
    AcpiTable read = AcpiTable.read("made", table);
    assertEquals(
        read.describe() + "1 problem:\n  at offset 0x36: 1 bytes at the end are no structure\n",
        TableProblemText.of(read));
    table[9]++;
    String two = TableProblemText.of(AcpiTable.read("made", table));
    assertTrue(two.contains("\n2 problems:\n  at offset 0x9: checksum is "), two);
    AcpiTable right = AcpiTable.read("made", Tables.table("DMAR", "2600 00000000000000000000"));
    assertEquals(right.describe(), TableProblemText.of(right));
  }
}
