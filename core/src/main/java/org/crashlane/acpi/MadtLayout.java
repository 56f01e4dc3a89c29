// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.acpi.FieldTable.reserved;
import static org.crashlane.acpi.FieldTable.u16;
import static org.crashlane.acpi.FieldTable.u32;
import static org.crashlane.acpi.FieldTable.u64;
import static org.crashlane.acpi.FieldTable.u8;
import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.util.Map;
import org.crashlane.bits.BitField;

/**
 * Structures of the Multiple APIC Description Table, named as ACPI 6.5 section 5.2.12 names them.
 */
final class MadtLayout {
  static final String SIGNATURE = "APIC";

  /** Bytes in front of the first structure. */
  static final int PREFIX_BYTES = 44;

  /** Type and length, one byte each. */
  static final int HEAD_BYTES = 2;

  /** Flags of the table: the machine has two 8259 controllers as well. */
  static final BitField PCAT_COMPAT = bit("PCAT_COMPAT", 0);

  static final int LOCAL_APIC = 0;
  static final int IO_APIC = 1;
  static final int LOCAL_X2APIC = 9;

  /** The APIC id that a local APIC cannot have: firmware fills unused structures with it. */
  static final int NO_APIC_ID = 0xff;

  /** Flags of a processor. */
  static final BitField ENABLED = bit("Enabled", 0);

  static final BitField ONLINE_CAPABLE = bit("OnlineCapable", 1);

  /** Names of the fields that are looked at, not just shown. */
  static final String FLAGS = "flags";

  static final String APIC_ID = "apicId";
  static final String IO_APIC_ID = "ioApicId";
  static final String ADDRESS = "address";
  static final String GSI_BASE = "gsiBase";

  private static final BitField[] INTERRUPT_FLAGS = {
    bits("Polarity", 1, 0), bits("TriggerMode", 3, 2)
  };
  private static final BitField[] GICC_FLAGS = {
    ENABLED, bit("PerformanceEdge", 1), bit("MaintenanceEdge", 2), bit("OnlineCapable", 3)
  };

  static final Map<Integer, FieldTable> STRUCTURES =
      Map.ofEntries(
          Map.entry(
              LOCAL_APIC,
              FieldTable.of(
                  "Processor Local APIC",
                  u8("processorUid"),
                  u8(APIC_ID),
                  u32(FLAGS, ENABLED, ONLINE_CAPABLE))),
          Map.entry(
              IO_APIC,
              FieldTable.of("I/O APIC", u8(IO_APIC_ID), reserved(1), u32(ADDRESS), u32(GSI_BASE))),
          Map.entry(
              2,
              FieldTable.of(
                  "Interrupt Source Override",
                  u8("bus"),
                  u8("source"),
                  u32("gsi"),
                  u16(FLAGS, INTERRUPT_FLAGS))),
          Map.entry(3, FieldTable.of("NMI Source", u16(FLAGS, INTERRUPT_FLAGS), u32("gsi"))),
          Map.entry(
              4,
              FieldTable.of(
                  "Local APIC NMI", u8("processorUid"), u16(FLAGS, INTERRUPT_FLAGS), u8("lint"))),
          Map.entry(5, FieldTable.of("Local APIC Address Override", reserved(2), u64("address"))),
          Map.entry(
              6,
              FieldTable.of(
                  "I/O SAPIC", u8("ioSapicId"), reserved(1), u32("gsiBase"), u64("address"))),
          Map.entry(
              7,
              FieldTable.of(
                  "Local SAPIC",
                  u8("processorId"),
                  u8("sapicId"),
                  u8("sapicEid"),
                  reserved(3),
                  u32(FLAGS, ENABLED, ONLINE_CAPABLE),
                  u32("processorUid"))),
          Map.entry(
              8,
              FieldTable.of(
                  "Platform Interrupt Source",
                  u16(FLAGS, INTERRUPT_FLAGS),
                  u8("interruptType"),
                  u8("processorId"),
                  u8("processorEid"),
                  u8("ioSapicVector"),
                  u32("gsi"),
                  u32("sourceFlags", bit("CPEI", 0)))),
          Map.entry(
              LOCAL_X2APIC,
              FieldTable.of(
                  "Processor Local x2APIC",
                  reserved(2),
                  u32(APIC_ID),
                  u32(FLAGS, ENABLED, ONLINE_CAPABLE),
                  u32("processorUid"))),
          Map.entry(
              10,
              FieldTable.of(
                  "Local x2APIC NMI",
                  u16(FLAGS, INTERRUPT_FLAGS),
                  u32("processorUid"),
                  u8("lint"),
                  reserved(3))),
          Map.entry(
              11,
              FieldTable.of(
                      "GIC CPU Interface",
                      reserved(2),
                      u32("interfaceNumber"),
                      u32("processorUid"),
                      u32(FLAGS, GICC_FLAGS),
                      u32("parkingVersion"),
                      u32("performanceGsiv"),
                      u64("parkedAddress"),
                      u64("baseAddress"),
                      u64("gicvAddress"),
                      u64("gichAddress"),
                      u32("maintenanceGsiv"),
                      u64("gicrAddress"),
                      u64("mpidr"),
                      u8("efficiencyClass"),
                      reserved(1),
                      u16("speGsiv"),
                      u16("trbeGsiv"))
                  .requiring(12)),
          Map.entry(
              12,
              FieldTable.of(
                  "GIC Distributor",
                  reserved(2),
                  u32("gicId"),
                  u64("baseAddress"),
                  u32("gsiBase"),
                  u8("gicVersion"),
                  reserved(3))),
          Map.entry(
              13,
              FieldTable.of(
                  "GIC MSI Frame",
                  reserved(2),
                  u32("frameId"),
                  u64("baseAddress"),
                  u32(FLAGS, bit("SpiSelect", 0)),
                  u16("spiCount"),
                  u16("spiBase"))),
          Map.entry(
              14,
              FieldTable.of(
                  "GIC Redistributor", reserved(2), u64("discoveryBase"), u32("discoveryBytes"))),
          Map.entry(
              15,
              FieldTable.of("GIC ITS", reserved(2), u32("itsId"), u64("baseAddress"), reserved(4))),
          Map.entry(
              16,
              FieldTable.of(
                      "Multiprocessor Wakeup",
                      u16("mailboxVersion"),
                      reserved(4),
                      u64("mailboxAddress"),
                      u64("resetVector"))
                  .requiring(3)),
          Map.entry(
              17,
              FieldTable.of(
                  "Core PIC", u8("version"), u32("processorUid"), u32("coreId"), u32(FLAGS))),
          Map.entry(
              24,
              FieldTable.of(
                      "RISC-V INTC",
                      u8("version"),
                      reserved(1),
                      u32(FLAGS, ENABLED, ONLINE_CAPABLE),
                      u64("hartId"),
                      u32("processorUid"),
                      u32("externalInterruptController"),
                      u64("imsicBase"),
                      u32("imsicBytes"))
                  .requiring(5)));

  private MadtLayout() {}
}
