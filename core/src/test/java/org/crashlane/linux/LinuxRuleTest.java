// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.crashlane.firmware.RuleExamples.ALL;
import static org.crashlane.firmware.RuleExamples.EXAMPLES;
import static org.crashlane.firmware.RuleExamples.REST;
import static org.crashlane.firmware.RuleExamples.UNIT;
import static org.crashlane.firmware.RuleExamples.USB;
import static org.crashlane.firmware.RuleExamples.manyUnits;
import static org.crashlane.firmware.Tables.SOUTHBRIDGE;
import static org.crashlane.firmware.Tables.bridge;
import static org.crashlane.firmware.Tables.dmar;
import static org.crashlane.firmware.Tables.drhd;
import static org.crashlane.firmware.Tables.endpoint;
import static org.crashlane.firmware.Tables.ioApic;
import static org.crashlane.firmware.Tables.ivhd;
import static org.crashlane.firmware.Tables.ivmd;
import static org.crashlane.firmware.Tables.ivrs;
import static org.crashlane.firmware.Tables.madt;
import static org.crashlane.firmware.Tables.range;
import static org.crashlane.firmware.Tables.rhsa;
import static org.crashlane.firmware.Tables.rmrr;
import static org.crashlane.firmware.Tables.special;
import static org.crashlane.firmware.Tables.structure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.firmware.RuleExamples.Example;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule has tables that it applies to, and none applies to tables that are in order. */
final class LinuxRuleTest {
  static List<Example> examples() {
    return EXAMPLES;
  }

  private static LinuxView view(Example example) {
    return new LinuxView(example.tables());
  }

  @ParameterizedTest
  @MethodSource("examples")
  void ruleAppliesAtItsPlace(Example example) {
    List<Remark> remarks = view(example).remarks();
    assertTrue(
        remarks.stream()
            .anyMatch(remark ->
                remark.rule() == example.rule() && remark.place().offset() == example.offset()),
        remarks::toString);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void noRuleOfAWorseEffectAppliesBesides(Example example) {
    for (Remark remark : view(example).remarks()) {
      assertTrue(remark.rule().effect().compareTo(example.rule().effect()) >= 0, remark::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void linuxUsesAUnitUnlessItRefusesTheTable(Example example) {
    LinuxView view = view(example);
    boolean refused = example.rule().effect() == Effect.REFUSES_ALL;
    assertEquals(!refused && view.isAboutIommus(), view.translatesDma());
    assertEquals(view.translatesDma(), !view.units().isEmpty());
    assertFalse(refused && view.interrupts().isPossible());
  }

  @Test
  void everyRuleHasAnExample() {
    Set<LinuxRule> shown = EnumSet.noneOf(LinuxRule.class);
    EXAMPLES.forEach(example -> shown.add(example.rule()));
    assertEquals(EnumSet.allOf(LinuxRule.class), shown);
  }

  @Test
  void noRuleAppliesToTablesInOrder() {
    AcpiTable madt = madt(ioApic(8, 0xfec00000L, 0));
    String serves = drhd(0xfed90000L, 0, 0, USB, bridge("00 1c00"));
    String otherSegment = drhd(0xfed93000L, 1, 1, USB);
    AcpiTable dmar =
        dmar(
            serves,
            REST,
            otherSegment,
            rmrr(0x7c000000L, 0x7c000fffL, 0, USB),
            rmrr(0x7c000000L, 0x7c000fffL, 1, USB),
            structure(2, "01000000"),
            rhsa(0xfed91000L));
    assertEquals(List.of(), new LinuxView(List.of(dmar, madt)).remarks());
    AcpiTable amdMadt = madt(ioApic(0x20, 0xfec00000L, 0));
    AcpiTable ivrs =
        ivrs(
            ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0x3fff), SOUTHBRIDGE),
            ivhd(0x11, 0x4002, 0xfd200000L, 0, range(0x4003, 0x7fff)),
            ivhd(0x11, 2, 0xfd300000L, 1, range(3, 0x3fff)),
            ivmd(0x21, 7, 0x60, 0, 0x10000, 0x4000));
    assertEquals(List.of(), new LinuxView(List.of(ivrs, amdMadt)).remarks());
  }

  private static List<Long> places(AcpiTable table, LinuxRule rule) {
    return new LinuxView(List.of(table))
        .remarks().stream()
            .filter(remark -> remark.rule() == rule)
            .map(remark -> remark.place().offset())
            .toList();
  }

  @Test
  void aRegionOverlapsALongOneThoughAShortOneLiesBetween() {
    AcpiTable dmar =
        dmar(
            REST,
            rmrr(0x7c000000L, 0x7c00ffffL, 0, USB),
            rmrr(0x7c001000L, 0x7c001fffL, 0, USB),
            rmrr(0x7c008000L, 0x7c008fffL, 0, USB),
            rmrr(0x7c008000L, 0x7c008fffL, 1, USB));
    assertEquals(List.of(104L, 136L), places(dmar, LinuxRule.DMAR_REGIONS_OVERLAP));
  }

  @Test
  void aRegionOverlapsAnotherThoughItIsTheSameAsAThird() {
    AcpiTable dmar =
        dmar(
            REST,
            rmrr(0x7c000000L, 0x7c00ffffL, 0, USB),
            rmrr(0x7c008000L, 0x7c017fffL, 0, USB),
            rmrr(0x7c008000L, 0x7c017fffL, 0, endpoint("00 1d00")));
    assertEquals(List.of(104L, 136L), places(dmar, LinuxRule.DMAR_REGIONS_OVERLAP));
  }

  @Test
  void registersOverlapThoseOfAUnitThatReachesBeyondTheNextOne() {
    AcpiTable dmar =
        dmar(
            structure(0, "00 02 0000 0000d9fe00000000" + USB),
            drhd(0xfed91000L, 0, 0, endpoint("00 0200")),
            drhd(0xfed93000L, 0, 1, USB));
    assertEquals(List.of(72L, 96L), places(dmar, LinuxRule.DMAR_REGISTERS_OVERLAP));
  }

  private static Set<LinuxRule> rulesOf(AcpiTable... tables) {
    return new LinuxView(List.of(tables))
        .remarks().stream().map(Remark::rule).collect(Collectors.toSet());
  }

  @Test
  void asManyUnitsAsLinuxTakesAreNotTooMany() {
    assertFalse(rulesOf(dmar(46, 0, manyUnits(1024))).contains(LinuxRule.DMAR_TOO_MANY_UNITS));
    String[] units =
        IntStream.range(0, 32)
            .mapToObj(i -> ivhd(0x11, 2 + 256 * i, 0xfd100000L + 0x4000L * i, 0, ALL))
            .toArray(String[]::new);
    assertFalse(rulesOf(ivrs(units)).contains(LinuxRule.IVRS_TOO_MANY_UNITS));
  }

  @Test
  void aRegionMayEndWithTheLastAddressOfTheWidth() {
    assertEquals(Set.of(), rulesOf(dmar(REST, rmrr((1L << 46) - 0x1000, (1L << 46) - 1, 0, USB))));
    assertEquals(
        Set.of(), rulesOf(ivrs(UNIT, ivmd(0x21, 7, 0x60, 0, (1L << 48) - 0x1000, 0x1000))));
  }

  @Test
  void ofTwoEntriesForOneIoApicTheFirstCounts() {
    String later = special(0x20, "a300", 1);
    assertEquals(Set.of(), rulesOf(ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, later))));
    assertEquals(
        Set.of(LinuxRule.IVRS_SOUTHBRIDGE_ELSEWHERE),
        rulesOf(ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, later, SOUTHBRIDGE))));
  }

  @Test
  void theSouthbridgesIoApicIsKnownByItsPlaceOrByInterruptZero() {
    assertEquals(
        Set.of(LinuxRule.IVRS_IOAPIC_WITHOUT_UNIT),
        rulesOf(ivrs(UNIT), madt(ioApic(0x21, 0xfec01000L, 0), ioApic(0x20, 0xfec00000L, 24))));
  }

  @Test
  void idsOfRulesAreWordsAndUnique() {
    List<String> ids = Arrays.stream(LinuxRule.values()).map(LinuxRule::id).toList();
    assertEquals(ids.size(), Set.copyOf(ids).size());
    assertEquals("dmar-unit-at-zero", LinuxRule.DMAR_UNIT_AT_ZERO.id());
  }
}
