// SPDX-License-Identifier: Apache-2.0
package org.crashlane.firmware;

import static org.crashlane.firmware.Tables.IOAPIC;
import static org.crashlane.firmware.Tables.SOUTHBRIDGE;
import static org.crashlane.firmware.Tables.andd;
import static org.crashlane.firmware.Tables.block;
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
import static org.crashlane.firmware.Tables.scope;
import static org.crashlane.firmware.Tables.special;
import static org.crashlane.firmware.Tables.structure;
import static org.crashlane.firmware.Tables.table;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.linux.LinuxRule;

/** Tables of machines, each with the rule that applies to it: of every rule one or more. */
public final class RuleExamples {
  public static final String REST = drhd(0xfed91000L, 1, 0, IOAPIC);
  public static final String USB = endpoint("00 1400");
  public static final String ALL = range(3, 0xffff);
  public static final String UNIT = ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE);

  /** An ACPI device entry: of block type 0x40 alone. */
  private static final String HID = "f0 9900 00 504e504430303430 0000000000000000 00 00";

  private static final String NO_HID = "f0 9900 00 0000000000000000 0000000000000000 00 00";

  /**
   * Tables of one machine, and the one rule that applies to them.
   *
   * @param offset where in the table
   */
  public record Example(LinuxRule rule, long offset, List<AcpiTable> tables) {
    private static Example of(LinuxRule rule, long offset, AcpiTable... tables) {
      return new Example(rule, offset, List.of(tables));
    }

    @Override
    public String toString() {
      return rule.id();
    }
  }

  private static AcpiTable withWrongChecksum(String signature, String content) {
    byte[] bytes = table(signature, content);
    bytes[9]++;
    return AcpiTable.read("made", bytes);
  }

  public static String manyUnits(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> drhd(0xfed91000L + 0x1000L * i, 0, 0, endpoint("00 %02x00".formatted(2))))
        .collect(Collectors.joining());
  }

  private static final List<Example> DMAR =
      List.of(
          Example.of(
              LinuxRule.DMAR_PASSES_END, 72, dmar(REST, "0100 2800 0000 0000 00000000 00000000")),
          Example.of(LinuxRule.DMAR_UNIT_AT_ZERO, 48, dmar(drhd(0, 0, 0, USB), REST)),
          Example.of(LinuxRule.DMAR_UNIT_AT_ZERO, 72, dmar(REST, drhd(0, 0, 1, USB))),
          Example.of(LinuxRule.DMAR_WIDTH, 36, dmar(11, 1, REST)),
          Example.of(LinuxRule.DMAR_WITHOUT_UNIT, 0, dmar(46, 0)),
          Example.of(
              LinuxRule.DMAR_SCOPE_WITHOUT_LENGTH,
              48,
              dmar(drhd(0xfed90000L, 0, 0, USB, "01 00 0000 00 00 0200"), REST)),
          Example.of(
              LinuxRule.DMAR_SCOPE_WITHOUT_LENGTH,
              72,
              dmar(REST, rmrr(0x7c000000L, 0x7c000fffL, 0, "01 00 0000 00 00 0200"))),
          Example.of(
              LinuxRule.DMAR_SCOPE_WITHOUT_LENGTH,
              72,
              dmar(REST, structure(2, "00000000 01 00 0000 00 00 0200"))),
          Example.of(
              LinuxRule.DMAR_REGISTERS_OVERLAP, 72, dmar(REST, drhd(0xfed91000L, 1, 1, USB))),
          Example.of(LinuxRule.DMAR_TOO_MANY_UNITS, 0, dmar(46, 0, manyUnits(1025))),
          Example.of(LinuxRule.DMAR_NAME_WITHOUT_END, 72, dmar(REST, andd(1, "\\_SB.A"))),
          Example.of(LinuxRule.DMAR_ENDS_EARLY, 72, dmar(REST, "0100 0000 00000000")),
          Example.of(LinuxRule.DMAR_SAME_UNIT_TWICE, 72, dmar(REST, drhd(0xfed91000L, 0, 0, USB))),
          Example.of(LinuxRule.DMAR_TWO_UNITS_TAKE_ALL, 72, dmar(REST, drhd(0xfed92000L, 1, 0))),
          Example.of(
              LinuxRule.DMAR_DEVICE_OF_TWO_UNITS,
              64,
              dmar(drhd(0xfed90000L, 0, 0, USB), drhd(0xfed92000L, 0, 0, USB), REST)),
          Example.of(
              LinuxRule.DMAR_DEVICE_OF_TWO_UNITS,
              64,
              dmar(
                  drhd(0xfed90000L, 0, 0, endpoint("00 1c00 0000")),
                  drhd(0xfed92000L, 0, 0, bridge("00 1c00")),
                  REST)),
          Example.of(
              LinuxRule.DMAR_DEVICE_OF_TWO_UNITS,
              64,
              dmar(drhd(0xfed91000L, 1, 0, IOAPIC), drhd(0xfed92000L, 0, 0, IOAPIC))),
          Example.of(
              LinuxRule.DMAR_REGION_IN_INTERRUPT_WINDOW,
              72,
              dmar(REST, rmrr(0xfeef0000L, 0xfef0ffffL, 0, USB))),
          Example.of(LinuxRule.DMAR_SECOND_TABLE, 0, dmar(REST), dmar(REST)),
          Example.of(
              LinuxRule.DMAR_CHECKSUM,
              0,
              withWrongChecksum("DMAR", "2d01" + "00".repeat(10) + REST)),
          Example.of(LinuxRule.DMAR_IOAPIC_WITHOUT_UNIT, 37, dmar(drhd(0xfed91000L, 1, 0))),
          Example.of(
              LinuxRule.DMAR_IOAPIC_WITHOUT_UNIT, 37, dmar(REST), madt(ioApic(9, 0xfec00000L, 0))),
          Example.of(LinuxRule.DMAR_X2APIC_OPT_OUT, 37, dmar(46, 3, REST)),
          Example.of(LinuxRule.DMAR_AFFINITY_OF_NO_UNIT, 72, dmar(REST, rhsa(0xfed9f000L))),
          Example.of(
              LinuxRule.DMAR_ACPI_DEVICE_UNDECLARED,
              72,
              dmar(drhd(0xfed91000L, 1, 0, IOAPIC, scope(5, 3, "00 1500")))),
          Example.of(LinuxRule.DMAR_ACPI_DEVICE_WITHOUT_UNIT, 72, dmar(REST, andd(1, "\\_SB.A\0"))),
          Example.of(
              LinuxRule.DMAR_BAD_REGION, 72, dmar(REST, rmrr(0x7c000800L, 0x7c000fffL, 0, USB))),
          Example.of(
              LinuxRule.DMAR_BAD_REGION, 72, dmar(REST, rmrr(0x7c001000L, 0x7c000fffL, 0, USB))),
          Example.of(
              LinuxRule.DMAR_BAD_REGION, 72, dmar(REST, rmrr(0x7c000000L, 0x7c000000L, 0, USB))),
          Example.of(LinuxRule.DMAR_REGION_AT_ZERO, 72, dmar(REST, rmrr(0, 0xfff, 0, USB))),
          Example.of(
              LinuxRule.DMAR_REGION_BEYOND_WIDTH,
              72,
              dmar(REST, rmrr(1L << 46, (1L << 46) + 0xfff, 0, USB))),
          Example.of(
              LinuxRule.DMAR_REGIONS_OVERLAP,
              104,
              dmar(
                  REST,
                  rmrr(0x7c000000L, 0x7c00ffffL, 0, USB),
                  rmrr(0x7c001000L, 0x7c001fffL, 0, USB))),
          Example.of(
              LinuxRule.DMAR_REGIONS_OVERLAP,
              136,
              dmar(
                  REST,
                  rmrr(0x7c000000L, 0x7c00ffffL, 0, USB),
                  rmrr(0x7c000000L, 0x7c00ffffL, 0, USB),
                  rmrr(0x7c008000L, 0x7c00ffffL, 0, USB))),
          Example.of(LinuxRule.DMAR_NO_DEVICE, 72, dmar(REST, rmrr(0x7c000000L, 0x7c000fffL, 0))),
          Example.of(LinuxRule.DMAR_NO_DEVICE, 72, dmar(REST, drhd(0xfed92000L, 0, 0))),
          Example.of(
              LinuxRule.DMAR_NO_DEVICE,
              72,
              dmar(REST, drhd(0xfed92000L, 0, 0, scope(3, 9, "f0 1f01"), scope(4, 0, "f0 1f02")))),
          Example.of(LinuxRule.DMAR_NO_DEVICE, 72, dmar(REST, structure(2, "00000000"))),
          Example.of(
              LinuxRule.DMAR_SEGMENT_WITHOUT_UNIT,
              72,
              dmar(REST, rmrr(0x7c000000L, 0x7c000fffL, 1, USB))),
          Example.of(LinuxRule.DMAR_UNKNOWN_STRUCTURE, 72, dmar(REST, structure(8, "0000"))),
          Example.of(
              LinuxRule.DMAR_UNKNOWN_SCOPE,
              72,
              dmar(drhd(0xfed91000L, 1, 0, IOAPIC, scope(6, 0, "00 1500")))));

  private static final List<Example> IVRS =
      List.of(
          Example.of(
              LinuxRule.IVRS_CHECKSUM, 0, withWrongChecksum("IVRS", Tables.IVRS_FIELDS + UNIT)),
          Example.of(LinuxRule.IVRS_WITHOUT_UNIT, 48, ivrs()),
          Example.of(LinuxRule.IVRS_WITHOUT_UNIT, 48, ivrs(ivmd(0x20, 0, 0, 0, 0, 0))),
          Example.of(LinuxRule.IVRS_WITHOUT_UNIT, 48, ivrs(UNIT, ivmd(0x21, 7, 2, 0, 0x1000, 1))),
          Example.of(LinuxRule.IVRS_WITHOUT_UNIT, 48, ivrs(UNIT, block(0x12, 0, "0200"))),
          Example.of(LinuxRule.IVRS_UNIT_AT_ZERO, 48, ivrs(ivhd(0x11, 2, 0, 0, ALL, SOUTHBRIDGE))),
          Example.of(
              LinuxRule.IVRS_REGISTERS_OVERLAP,
              104,
              ivrs(
                  ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0x3fff), SOUTHBRIDGE),
                  ivhd(0x11, 0x4002, 0xfd102000L, 0, range(0x4003, 0x7fff)))),
          Example.of(
              LinuxRule.IVRS_TOO_MANY_UNITS,
              0,
              ivrs(
                  IntStream.range(0, 33)
                      .mapToObj(i ->
                          ivhd(
                              0x11,
                              2 + 256 * i,
                              0xfd100000L + 0x4000L * i,
                              0,
                              range(3 + 256 * i, 255 + 256 * i),
                              SOUTHBRIDGE))
                      .toArray(String[]::new))),
          Example.of(LinuxRule.IVRS_BLOCK_WITHOUT_LENGTH, 104, ivrs(UNIT, "20000000 00000000")),
          Example.of(
              LinuxRule.IVRS_ENTRY_WITHOUT_LENGTH,
              104,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, "80" + "00".repeat(15)))),
          Example.of(
              LinuxRule.IVRS_ENTRY_WITHOUT_LENGTH,
              104,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, "f1000000"))),
          Example.of(
              LinuxRule.IVRS_UNKNOWN_SPECIAL_DEVICE,
              104,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, special(1, "a100", 3)))),
          Example.of(
              LinuxRule.IVRS_NO_DEVICE, 48, ivrs(ivhd(0x11, 2, 0xfd100000L, 0, SOUTHBRIDGE))),
          Example.of(
              LinuxRule.IVRS_UNIT_WITHOUT_CHOSEN_BLOCK,
              104,
              ivrs(UNIT, ivhd(0x10, 0x4002, 0xfd200000L, 0, range(0x4003, 0x7fff)))),
          Example.of(
              LinuxRule.IVRS_DEVICE_OF_TWO_UNITS,
              48,
              ivrs(UNIT, ivhd(0x11, 0x4002, 0xfd200000L, 0, range(0x4003, 0x7fff)))),
          Example.of(
              LinuxRule.IVRS_ACPI_DEVICE_IN_OLD_BLOCK,
              104,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, HID))),
          Example.of(
              LinuxRule.IVRS_ACPI_DEVICE_WITHOUT_ID,
              104,
              ivrs(ivhd(0x40, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, NO_HID))),
          Example.of(
              LinuxRule.IVRS_REGION_IN_INTERRUPT_WINDOW,
              104,
              ivrs(UNIT, ivmd(0x20, 7, 0, 0, 0xfee00000L, 0x1000))),
          Example.of(
              LinuxRule.IVRS_ALIASES_OF_TWO_UNITS,
              48,
              ivrs(
                  ivhd(
                      0x11,
                      2,
                      0xfd100000L,
                      0,
                      range(3, 0x3fff),
                      SOUTHBRIDGE,
                      "43 00ff 00 00 a400 00 04 ffff 00"),
                  ivhd(0x11, 0x4002, 0xfd200000L, 0, range(0x4003, 0xffff)))),
          Example.of(LinuxRule.IVRS_NO_SOUTHBRIDGE, 48, ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL))),
          Example.of(
              LinuxRule.IVRS_SOUTHBRIDGE_ELSEWHERE,
              48,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, special(0x20, "0100", 1)))),
          Example.of(
              LinuxRule.IVRS_IOAPIC_WITHOUT_UNIT,
              48,
              ivrs(UNIT),
              madt(ioApic(0x20, 0xfec00000L, 0), ioApic(0x21, 0xfec01000L, 24))),
          Example.of(LinuxRule.IVRS_BAD_REGION, 104, ivrs(UNIT, ivmd(0x21, 7, 0x60, 0, 0x1000, 0))),
          Example.of(
              LinuxRule.IVRS_REGION_ROUNDED, 104, ivrs(UNIT, ivmd(0x21, 7, 0x60, 0, 0x10000, 1))),
          Example.of(LinuxRule.IVRS_REGION_AT_ZERO, 104, ivrs(UNIT, ivmd(0x21, 7, 0x60, 0, 0, 1))),
          Example.of(
              LinuxRule.IVRS_REGION_BEYOND_WIDTH,
              104,
              ivrs(UNIT, ivmd(0x21, 8, 0x60, 0, 1L << 48, 0x1000))),
          Example.of(
              LinuxRule.IVRS_REGIONS_OVERLAP,
              136,
              ivrs(
                  UNIT,
                  ivmd(0x21, 7, 0x60, 0, 0x10000, 0x4000),
                  ivmd(0x21, 7, 0x68, 0, 0x12000, 0x4000))),
          Example.of(
              LinuxRule.IVRS_SEGMENT_WITHOUT_UNIT,
              104,
              ivrs(
                  UNIT,
                  block(0x20, 7, "00000000 0100 000000000000 0010000000000000 0010000000000000"))),
          Example.of(LinuxRule.IVRS_UNKNOWN_BLOCK, 104, ivrs(UNIT, block(0x51, 0, "0000"))),
          Example.of(
              LinuxRule.IVRS_UNKNOWN_ENTRY,
              104,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, "05000000"))),
          Example.of(LinuxRule.IVRS_SECOND_TABLE, 0, ivrs(UNIT), ivrs(UNIT)),
          Example.of(LinuxRule.IVRS_BESIDE_DMAR, 0, dmar(REST), ivrs(UNIT)),
          Example.of(LinuxRule.MADT_SECOND_TABLE, 0, madt(), madt()),
          Example.of(
              LinuxRule.MADT_IOAPIC_AT_ZERO, 56, madt(ioApic(8, 0xfec00000L, 0), ioApic(9, 0, 24))),
          Example.of(
              LinuxRule.MADT_IOAPIC_TWICE,
              56,
              madt(ioApic(8, 0xfec00000L, 0), ioApic(9, 0xfec00000L, 24))),
          Example.of(
              LinuxRule.DMAR_CONTENT_LOST, 80, dmar(REST, structure(1, "00000000 00000000"))),
          Example.of(
              LinuxRule.DMAR_CONTENT_LOST,
              78,
              dmar(drhd(0xfed91000L, 1, 0, IOAPIC, endpoint("00 2000")))),
          Example.of(
              LinuxRule.IVRS_CONTENT_LOST,
              108,
              ivrs(ivhd(0x11, 2, 0xfd100000L, 0, ALL, SOUTHBRIDGE, "03 0800 00"))),
          Example.of(LinuxRule.MADT_CONTENT_LOST, 52, madt("0108 0800 0000c0fe")),
          Example.of(
              LinuxRule.IORT_CONTENT_LOST,
              36,
              AcpiTable.read("made", table("IORT", "01000000 30000000 00000000"))));

  public static final List<Example> EXAMPLES = Stream.concat(DMAR.stream(), IVRS.stream()).toList();

  private RuleExamples() {}
}
