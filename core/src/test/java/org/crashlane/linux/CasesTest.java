// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.firmware.Tables;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole tables, each with one thing wrong: all that is remarked of them. */
final class CasesTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          dmar-unit-at-address-zero, DMAR_UNIT_AT_ZERO
          dmar-two-units-one-address, DMAR_SAME_UNIT_TWICE DMAR_IOAPIC_WITHOUT_UNIT
          dmar-without-unit, \
          DMAR_WITHOUT_UNIT DMAR_IOAPIC_WITHOUT_UNIT DMAR_SEGMENT_WITHOUT_UNIT
          dmar-address-width-8, DMAR_WIDTH
          dmar-two-units-take-all, DMAR_TWO_UNITS_TAKE_ALL
          dmar-device-under-two-units, DMAR_DEVICE_OF_TWO_UNITS
          dmar-remaps-interrupts-without-ioapic, DMAR_IOAPIC_WITHOUT_UNIT
          dmar-affinity-of-no-unit, DMAR_AFFINITY_OF_NO_UNIT
          dmar-acpi-device-undeclared, DMAR_ACPI_DEVICE_UNDECLARED
          dmar-region-in-interrupt-window, DMAR_REGION_IN_INTERRUPT_WINDOW
          dmar-structure-of-the-future, DMAR_UNKNOWN_STRUCTURE
          ivrs-unit-at-address-zero, IVRS_UNIT_AT_ZERO
          ivrs-second-unit-old-block-only, IVRS_UNIT_WITHOUT_CHOSEN_BLOCK
          ivrs-without-ioapic, IVRS_NO_SOUTHBRIDGE
          ivrs-memory-page-at-zero, IVRS_REGION_AT_ZERO
          """)
  void nothingButWhatIsWrongIsRemarked(String name, String rules) {
    AcpiTable table = AcpiTable.read(name, Tables.resource("/linux/" + name + ".dat"));
    assertEquals(List.of(), table.problems());
    assertEquals(
        List.of(rules.split(" ")),
        new LinuxView(List.of(table))
            .remarks().stream().map(remark -> remark.rule().name()).toList());
  }
}
