// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import org.crashlane.bits.BitField;

/**
 * Numbers of the I/O Virtualization Reporting Structure, named as AMD's I/O Virtualization
 * Technology (IOMMU) Specification (48882, chapter "I/O Virtualization ACPI Table") names them;
 * checked against Linux 6.3 {@code drivers/iommu/amd/init.c} and ACPICA's {@code actbl2.h}.
 */
final class IvrsLayout {
  static final String SIGNATURE = "IVRS";

  /** Bytes in front of the first block. */
  static final int PREFIX_BYTES = 48;

  static final int RESERVED_BYTES = 8;

  /** IVinfo, the table's own field. */
  static final BitField EFR_SUP = bit("EFRSup", 0);

  static final BitField DMA_REMAP_SUP = bit("DmaRemapSup", 1);
  static final BitField GVA_SIZE = bits("GVASize", 7, 5);
  static final BitField PA_SIZE = bits("PASize", 14, 8);
  static final BitField VA_SIZE = bits("VASize", 21, 15);
  static final BitField HT_ATS_RESV = bit("HtAtsResv", 22);

  /** The only guest virtual address size that GVASize has a code for, and the code. */
  static final int GVA_SIZE_48_BITS = 2;

  static final int GUEST_VIRTUAL_ADDRESS_BITS = 48;

  /** The first two bytes of a block. */
  static final BitField TYPE = bits("Type", 7, 0);

  static final BitField FLAGS = bits("Flags", 15, 8);

  /** Block types. */
  static final int IVHD_10H = 0x10;

  static final int IVHD_11H = 0x11;
  static final int IVHD_40H = 0x40;
  static final int IVMD_ALL = 0x20;
  static final int IVMD_SELECT = 0x21;
  static final int IVMD_RANGE = 0x22;

  static boolean isMemory(int type) {
    return type >= IVMD_ALL && type <= IVMD_RANGE;
  }

  /** IVHD flags. */
  static final BitField HT_TUN_EN = bit("HtTunEn", 0);

  static final BitField PASS_PW = bit("PassPW", 1);
  static final BitField RES_PASS_PW = bit("ResPassPW", 2);
  static final BitField ISOC = bit("Isoc", 3);
  static final BitField IOTLB_SUP = bit("IotlbSup", 4);
  static final BitField COHERENT = bit("Coherent", 5);
  static final BitField PREF_SUP = bit("PreFSup", 6);
  static final BitField PPR_SUP = bit("PPRSup", 7);

  /** Data setting of a device entry: what of a device passes untouched. */
  static final BitField INIT_PASS = bit("INITPass", 0);

  static final BitField EINT_PASS = bit("EIntPass", 1);
  static final BitField NMI_PASS = bit("NMIPass", 2);
  static final BitField SYS_MGT = bits("SysMgt", 5, 4);
  static final BitField LINT0_PASS = bit("Lint0Pass", 6);
  static final BitField LINT1_PASS = bit("Lint1Pass", 7);

  /** Bits 7:6 of a device entry's type: it has 4 bytes times two to the power of this. */
  static final BitField ENTRY_SIZE = bits("entry size", 7, 6);

  static final int ENTRY_BYTES_MIN = 4;

  /** Entries of this type and above have no fixed length. */
  static final int FIRST_VARIABLE_TYPE = 0xf0;

  /** ACPI device entries: hardware id and compatible id, and forms of the unique id. */
  static final int ACPI_ID_BYTES = 8;

  /** Of an ACPI device, behind the type: all but the unique id itself. */
  static final int ACPI_HID_FIXED_BYTES = 21;

  static final int UID_NOT_PRESENT = 0;
  static final int UID_IS_INTEGER = 1;
  static final int UID_IS_STRING = 2;

  /** IVHD, IOMMU info. */
  static final BitField MSI_NUM = bits("MSInum", 4, 0);

  static final BitField UNIT_ID = bits("UnitID", 12, 8);

  /** Where an IVHD block has feature reporting (type 0x10) and the EFR image (the others). */
  static final int FEATURES_OFFSET = 20;

  static final int EXTENDED_FEATURES_OFFSET = 24;

  /** The registers begin at a multiple of this: bits 13:0 of the base address are reserved. */
  static final long REGISTER_ALIGNMENT_BYTES = 1L << 14;

  /** The registers without and with performance counters (section "MMIO Registers"). */
  static final long REGISTER_BYTES = 1L << 14;

  static final long REGISTER_BYTES_WITH_COUNTERS = 1L << 19;

  /** IVMD flags. */
  static final BitField UNITY = bit("Unity", 0);

  static final BitField IR = bit("IR", 1);
  static final BitField IW = bit("IW", 2);
  static final BitField EXCLUSION_RANGE = bit("ExclusionRange", 3);

  static final int IVMD_RESERVED_BYTES = 6;
  static final int IVMD_BYTES = 32;

  /** Memory is defined in whole pages. */
  static final long PAGE_BYTES = 1L << 12;

  private IvrsLayout() {}
}
