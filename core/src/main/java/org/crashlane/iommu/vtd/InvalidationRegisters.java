// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Fields of the registers by which software has a unit drop what it cached (VT-d specification,
 * "Register-based Invalidation Interface"; Linux 6.0 drivers/iommu/intel/iommu.h).
 */
public final class InvalidationRegisters {
  /** Offset of the IOTLB register from that of the IVA register, in bytes. */
  public static final int IOTLB_FROM_IVA_BYTES = 8;

  /** What is asked for, in CIRG and IIRG: all. */
  public static final int GLOBAL = 1;

  /** What is asked for: a domain. */
  public static final int DOMAIN = 2;

  /** What is asked for: a device (CIRG), or pages of a domain (IIRG). */
  public static final int SELECTIVE = 3;

  /** Context command register. */
  public static final class Ccmd {
    public static final BitField DID = BitField.bits("DID", 15, 0);
    public static final BitField SID = BitField.bits("SID", 31, 16);

    /** How many of the function bits of SID do not count, from the top. */
    public static final BitField FM = BitField.bits("FM", 33, 32);

    /** What was done. */
    public static final BitField CAIG = BitField.bits("CAIG", 60, 59);

    /** What is asked for. */
    public static final BitField CIRG = BitField.bits("CIRG", 62, 61);

    /** Written as 1 to begin; 0 when done. */
    public static final BitField ICC = BitField.bit("ICC", 63);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("CCMD", DID, SID, FM, CAIG, CIRG, ICC);

    private Ccmd() {}
  }

  /** Invalidate address register. */
  public static final class Iva {
    /** Address mask: 2^AM pages, aligned. */
    public static final BitField AM = BitField.bits("AM", 5, 0);

    /** Invalidation hint: no entry above the leaves was changed. */
    public static final BitField IH = BitField.bit("IH", 6);

    public static final BitField ADDR = BitField.bits("ADDR", 63, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("IVA", AM, IH, ADDR);

    private Iva() {}
  }

  /** IOTLB invalidate register. */
  public static final class Iotlb {
    public static final BitField DID = BitField.bits("DID", 47, 32);
    public static final BitField DW = BitField.bit("DW", 48);
    public static final BitField DR = BitField.bit("DR", 49);

    /** What was done. */
    public static final BitField IAIG = BitField.bits("IAIG", 58, 57);

    /** What is asked for. */
    public static final BitField IIRG = BitField.bits("IIRG", 61, 60);

    /** Written as 1 to begin; 0 when done. */
    public static final BitField IVT = BitField.bit("IVT", 63);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("IOTLB", DID, DW, DR, IAIG, IIRG, IVT);

    private Iotlb() {}
  }

  private InvalidationRegisters() {}
}
