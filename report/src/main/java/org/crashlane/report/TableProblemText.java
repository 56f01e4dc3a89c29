// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Collections;
import java.util.List;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Flaw;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Hex;
import org.crashlane.linux.LinuxRule;

/** Firmware's tables and what is wrong with them, for people. */
public final class TableProblemText {
  private TableProblemText() {}

  /** {@return the table as a tree, and its problems behind it} */
  public static String of(AcpiTable table) {
    StringBuilder text = new StringBuilder(table.describe());
    List<TableProblem> problems = table.problems();
    if (!problems.isEmpty()) {
      text.append("%d problem%s:\n".formatted(problems.size(), problems.size() == 1 ? "" : "s"));
    }
    for (TableProblem problem : problems) {
      text.append("  at offset %s: ".formatted(Hex.of(problem.offset())))
          .append(ReasonText.of(problem.reason()))
          .append('\n');
    }
    return text.toString();
  }

  /**
   * {@return the flaw in words, {@code %s} for each detail}
   *
   * @param count how many details there are
   */
  static String words(Flaw flaw, int count) {
    return switch (flaw) {
      case LENGTH_TOO_SMALL ->
          "table length is %s bytes, too few for %s; read to the end of the file";
      case TRUNCATED -> "table length is %s bytes, the file has %s: truncated";
      case FILE_LONGER -> "table length is %s bytes, the file has %s: the rest is left out";
      case CHECKSUM -> "checksum is %s, %s would be right";
      case BYTES_DO_NOT_ADD_UP -> "the bytes of the table do not add up";
      case REST_IS_NO_STRUCTURE -> "%s bytes at the end are no structure";
      case NEXT_STRUCTURE_NOT_FOUND ->
          "%s of type %s is %s bytes long, too few to find the next one; %s bytes are left unread";
      case STRUCTURE_BEYOND_TABLE ->
          "%s of type %s is %s bytes long and ends %s bytes behind the table";
      case STRUCTURE_TOO_SHORT ->
          "%s of type %s is too short: truncated: %s needs %s bytes, %s are left";
      case STRUCTURE_NOT_READ -> "the structure cannot be read";
      case STRUCTURES_END_EARLY -> "the table has %s bytes, its structures end at %s";
      case REGISTER_BASE_UNALIGNED -> "register base %s is no multiple of %s bytes";
      case REST_IS_NO_SCOPE -> "%s bytes behind the last device scope are none";
      case NEXT_SCOPE_NOT_FOUND ->
          "device scope is %s bytes long, too few to find the next one; %s bytes are left unread";
      case SCOPE_BEYOND_STRUCTURE -> "device scope is %s bytes long, its structure has %s left";
      case SCOPE_WITHOUT_PATH -> "device scope has no path";
      case PATH_BEYOND_PCI -> "path has device %s, function %s";
      case PATH_ENDS_IN_HALF_AN_ENTRY -> "path ends in half an entry";
      case REGION_BACKWARDS -> "region ends at %s before it begins at %s";
      case REGION_NOT_WHOLE_PAGES -> "region %s-%s is not whole 4 KiB pages";
      case NAME_WITHOUT_END -> "ACPI object name has no zero byte at its end";
      case ENTRY_OF_UNKNOWN_LENGTH ->
          "device entry type %s has no known length; %s bytes are left unread";
      case ENTRY_CUT_OFF -> "device entry of type %s has %s bytes, its block has %s left";
      case RANGE_WITHOUT_END -> "the range from %s does not end";
      case RANGE_WITHOUT_BEGINNING -> "the range to %s has no beginning";
      case RANGE_BACKWARDS -> "the range from %s ends before, at %s";
      case UNKNOWN_SPECIAL_DEVICE -> "special device of variety %s is not known";
      case ACPI_DEVICE_CUT_OFF -> "ACPI device is cut off: its block has %s bytes left";
      case ACPI_DEVICE_IN_OLD_BLOCK ->
          "ACPI device in a block of type %s: only type 0x40 may have one";
      case UNIQUE_ID_CUT_OFF ->
          "unique id of an ACPI device is %s bytes long, its block has %s left";
      case UNIQUE_ID_OF_OTHER_FORMAT -> "unique id of %s bytes has format %s";
      case MEMORY_IS_NO_RANGE -> "memory at %s of %s bytes is no range of addresses";
      case MEMORY_BEGINS_WITHIN_PAGE -> "memory at %s does not begin with a 4 KiB page";
      case NODES_OUTSIDE_TABLE -> "the nodes begin at %s, not in the table";
      case NODE_COUNT -> "the table reports %s nodes and contains %s";
      case PARTS_DO_NOT_FIT -> "%s of %s at %s do not fit into their node of %s bytes";
      case ROOT_POINTER_NOT_FOUND -> "the root pointer of the ACPI tables is not found in memory";
      case TOO_MANY_ROOT_POINTERS -> "there are %s root pointers of ACPI tables";
      case ROOT_POINTERS_DIFFER ->
          "root pointers of ACPI tables lead to different tables: "
              + String.join(", ", Collections.nCopies(count, "%s"));
      case MEMORY_NOT_READ -> "physical address %s: %s";
      case OTHER_SIGNATURE -> "%s at %s: signature is %s";
      case TABLE_DOES_NOT_ADD_UP -> "%s at %s: the bytes of the table do not add up";
      case LENGTH_OUT_OF_BOUNDS -> "%s at %s: table length is %s bytes, expected %s to %s";
      case TABLE_TOO_SHORT -> "%s at %s: truncated: %s needs %s bytes, %s are left";
    };
  }

  /**
   * {@return where the rule applies, in words, {@code %s} for each detail}
   *
   * @param count how many details there are
   */
  static String words(LinuxRule rule, int count) {
    return switch (rule) {
      case DMAR_PASSES_END -> "%s ends at %s, the table at %s";
      case DMAR_UNIT_AT_ZERO, IVRS_UNIT_AT_ZERO -> "the unit's register base is 0";
      case DMAR_WIDTH -> "the host address width is %s bits, expected %s or more";
      case DMAR_WITHOUT_UNIT -> "the table contains no DRHD";
      case DMAR_SCOPE_WITHOUT_LENGTH -> "a device scope's length does not lead to the next one";
      case DMAR_REGISTERS_OVERLAP, IVRS_REGISTERS_OVERLAP ->
          "the registers at %s overlap those at %s, which take %s bytes";
      case DMAR_TOO_MANY_UNITS, IVRS_TOO_MANY_UNITS -> "the table contains %s units";
      case DMAR_NAME_WITHOUT_END -> "the object's name has no zero byte at its end";
      case DMAR_ENDS_EARLY -> "nothing from here on is read";
      case DMAR_SAME_UNIT_TWICE ->
          "an earlier unit of the segment has the same register base, %s; this one's devices have"
              + " no unit by it";
      case DMAR_TWO_UNITS_TAKE_ALL ->
          "the unit at %s takes all devices of segment %s, this one none";
      case DMAR_DEVICE_OF_TWO_UNITS -> "%s is with the unit at %s, not with this one at %s";
      case DMAR_REGION_IN_INTERRUPT_WINDOW, IVRS_REGION_IN_INTERRUPT_WINDOW ->
          "the %s %s lies in the interrupt window %s: requests there are interrupts and never"
              + " translated";
      case DMAR_SECOND_TABLE, IVRS_SECOND_TABLE, MADT_SECOND_TABLE ->
          "the machine has more than one %s: Linux uses the first";
      case DMAR_CHECKSUM, IVRS_CHECKSUM -> "the table's bytes do not add up to 0";
      case DMAR_IOAPIC_WITHOUT_UNIT ->
          "INTR_REMAP is set and no unit's scopes contain "
              + (count == 0
                  ? "an I/O APIC: interrupts are not remapped on a machine that has one"
                  : "I/O APIC %s of the APIC table");
      case DMAR_X2APIC_OPT_OUT -> "X2APIC_OPT_OUT is set";
      case DMAR_AFFINITY_OF_NO_UNIT -> "no unit has the register base %s";
      case DMAR_ACPI_DEVICE_UNDECLARED -> "no ANDD declares ACPI device %s";
      case DMAR_ACPI_DEVICE_WITHOUT_UNIT -> "no unit's scopes contain ACPI device %s";
      case DMAR_BAD_REGION -> "%s-%s is no range of whole pages";
      case DMAR_REGION_AT_ZERO, IVRS_REGION_AT_ZERO -> "the %s %s begins with page 0";
      case DMAR_REGION_BEYOND_WIDTH, IVRS_REGION_BEYOND_WIDTH ->
          "the %s %s goes beyond the %s bits of a physical address";
      case DMAR_REGIONS_OVERLAP, IVRS_REGIONS_OVERLAP -> "the %s %s overlaps %s";
      case DMAR_NO_DEVICE -> "the %s names no device";
      case DMAR_SEGMENT_WITHOUT_UNIT, IVRS_SEGMENT_WITHOUT_UNIT -> "segment %s has no unit";
      case DMAR_UNKNOWN_STRUCTURE -> "structure type %s is not known";
      case DMAR_UNKNOWN_SCOPE -> "device scope type %s is not known";
      case IVRS_WITHOUT_UNIT ->
          count == 0
              ? "the table contains no block"
              : "the type of block that Linux chooses, %s, is none of a unit";
      case IVRS_BLOCK_WITHOUT_LENGTH -> "the block's length does not lead to the next one";
      case IVRS_ENTRY_WITHOUT_LENGTH -> "Linux has no length for a device entry of type %s";
      case IVRS_UNKNOWN_SPECIAL_DEVICE -> "variety %s is neither an I/O APIC nor an HPET";
      case IVRS_NO_DEVICE -> "the unit's entries name no PCI device";
      case IVRS_UNIT_WITHOUT_CHOSEN_BLOCK ->
          "unit %s has no block of type %s, which Linux chooses by the table's first block";
      case IVRS_DEVICE_OF_TWO_UNITS, IVRS_ALIASES_OF_TWO_UNITS ->
          "%s of the unit's device ids, from %s on, are with a later unit";
      case IVRS_ACPI_DEVICE_IN_OLD_BLOCK -> "ACPI device %s at %s is in a block of an older type";
      case IVRS_ACPI_DEVICE_WITHOUT_ID -> "the ACPI device at %s has no id";
      case IVRS_IOAPIC_WITHOUT_UNIT -> "no unit's entries contain I/O APIC %s of the APIC table";
      case IVRS_NO_SOUTHBRIDGE ->
          "no unit's entries contain " + (count == 0 ? "an I/O APIC" : "the I/O APIC of the %s");
      case IVRS_SOUTHBRIDGE_ELSEWHERE ->
          "no I/O APIC is at %s, where older kernels look for the southbridge's";
      case IVRS_BAD_REGION -> "the memory is no range of addresses";
      case IVRS_REGION_ROUNDED -> "the memory's %s bytes are rounded up to whole pages";
      case IVRS_UNKNOWN_BLOCK -> "block type %s is not known";
      case IVRS_UNKNOWN_ENTRY -> "device entry type %s is not known";
      case IVRS_BESIDE_DMAR ->
          "the machine has a DMAR as well: where Linux uses that, it uses no AMD unit";
      case MADT_IOAPIC_AT_ZERO -> "I/O APIC %s has the address 0";
      case MADT_IOAPIC_TWICE -> "I/O APIC %s is at %s as an earlier one is";
      case DMAR_CONTENT_LOST, IVRS_CONTENT_LOST, MADT_CONTENT_LOST, IORT_CONTENT_LOST ->
          "what is there is lost";
    };
  }
}
