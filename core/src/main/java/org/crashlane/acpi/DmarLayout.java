// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import org.crashlane.bits.BitField;

/**
 * Numbers of the DMA Remapping Reporting structure, named as the Intel VT-d specification (revision
 * 4.1, chapter 8 "BIOS Considerations") names them; checked against ACPICA's {@code actbl1.h}.
 */
final class DmarLayout {
  static final String SIGNATURE = "DMAR";

  /** Bytes in front of the first remapping structure (section 8.1). */
  static final int PREFIX_BYTES = 48;

  static final int RESERVED_BYTES = 10;
  static final int HOST_ADDRESS_WIDTH_OFFSET = 36;

  /** Flags of the table (section 8.1). */
  static final BitField INTR_REMAP = BitField.bit("INTR_REMAP", 0);

  static final BitField X2APIC_OPT_OUT = BitField.bit("X2APIC_OPT_OUT", 1);
  static final BitField DMA_CTRL_PLATFORM_OPT_IN_FLAG =
      BitField.bit("DMA_CTRL_PLATFORM_OPT_IN_FLAG", 2);

  /** Remapping structure types (section 8.2). */
  static final int DRHD = 0;

  static final int RMRR = 1;
  static final int ATSR = 2;
  static final int RHSA = 3;
  static final int ANDD = 4;
  static final int SATC = 5;
  static final int SIDP = 6;

  /** Section 8.3: flags, and the register set's size: 2^N pages of 4 KiB. */
  static final BitField INCLUDE_PCI_ALL = BitField.bit("INCLUDE_PCI_ALL", 0);

  static final BitField REGISTER_SET_SIZE = BitField.bits("Size", 3, 0);
  static final long REGISTER_PAGE_BYTES = 1L << 12;

  /** Bytes of a structure in front of its device scopes: DRHD, RMRR and the others. */
  static final int DRHD_FIXED_BYTES = 16;

  static final int RMRR_FIXED_BYTES = 24;
  static final int SCOPED_FIXED_BYTES = 8;

  /** Section 8.4: reserved bytes of RMRR; its ends are multiples of 4 KiB. */
  static final long RMRR_ALIGNMENT_BYTES = 1L << 12;

  /** Section 8.5. */
  static final BitField ALL_PORTS = BitField.bit("ALL_PORTS", 0);

  /** Section 8.7: reserved bytes of ANDD. */
  static final int ANDD_RESERVED_BYTES = 3;

  /** Section 8.8. */
  static final BitField ATC_REQUIRED = BitField.bit("ATC_REQUIRED", 0);

  /** Device scope (section 8.3.1): the bytes in front of the path, and a path entry. */
  static final int SCOPE_HEADER_BYTES = 6;

  static final int PATH_ENTRY_BYTES = 2;
  static final BitField REQ_WO_PASID_NESTED_NOTALLOWED =
      BitField.bit("REQ_WO_PASID_NESTED_NOTALLOWED", 0);
  static final BitField REQ_WO_PASID_PWSNP_NOTALLOWED =
      BitField.bit("REQ_WO_PASID_PWSNP_NOTALLOWED", 1);
  static final BitField REQ_WO_PASID_PGSNP_NOTALLOWED =
      BitField.bit("REQ_WO_PASID_PGSNP_NOTALLOWED", 2);
  static final BitField ATC_HARDENED = BitField.bit("ATC_HARDENED", 3);
  static final BitField SCOPE_ATC_REQUIRED = BitField.bit("ATC_REQUIRED", 4);

  /** Bounds of a device number and a function number (PCI). */
  static final BitField DEVICE_NUMBER = BitField.bits("device", 4, 0);

  static final BitField FUNCTION_NUMBER = BitField.bits("function", 2, 0);

  private DmarLayout() {}
}
