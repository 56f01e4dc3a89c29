// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * PASID directory entry: 8 bytes, one for each 64 PASIDs (VT-d specification, "Scalable-Mode PASID
 * Directory Entry"; Linux 6.0 drivers/iommu/intel/pasid.h).
 */
public final class PasidDirectoryEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = Long.BYTES;

  private static final Layout.Fields FIELDS = Layout.named("PASID directory entry");

  /** Present. */
  public static final BitField P = FIELDS.bit("P", 0);

  /** Fault processing disable. */
  public static final BitField FPD = FIELDS.bit("FPD", 1);

  static final BitField RSVD_11_2 = FIELDS.bits("RSVD_11_2", 11, 2);

  /** PASID table pointer. */
  public static final BitField SMPTBLPTR = FIELDS.bits("SMPTBLPTR", 63, 12);

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  private static final BitField INDEX = BitField.bits("directory index", 19, 6);

  private PasidDirectoryEntry() {}

  /** {@return which entry of the directory serves {@code pasid}} */
  static int index(long pasid) {
    return (int) INDEX.get(pasid);
  }

  /** {@return the bits that must be zero} */
  static long reserved(int hostAddressWidth) {
    return RSVD_11_2.mask() | (SMPTBLPTR.mask() & ~BitField.lowMask(hostAddressWidth));
  }
}
