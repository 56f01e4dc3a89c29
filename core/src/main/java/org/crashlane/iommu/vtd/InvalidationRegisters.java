// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.crashlane.iommu.AccessKind.ONE_SHOT;
import static org.crashlane.iommu.AccessKind.READ_ONLY;
import static org.crashlane.iommu.AccessKind.READ_WRITE;
import static org.crashlane.iommu.AccessKind.WRITE_ONLY;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;

/**
 * The registers by which software has a unit drop what it cached (VT-d specification,
 * "Register-based Invalidation Interface"; Linux 6.0 drivers/iommu/intel/iommu.h).
 */
public final class InvalidationRegisters {
  /** Invalidate address, from {@link Capabilities#iotlbOffset} on. */
  public static final Register IVA = Iva.FIELDS.at(0, Long.BYTES);

  /** IOTLB invalidate, from {@link Capabilities#iotlbOffset} on. */
  public static final Register IOTLB = Iotlb.FIELDS.at(Long.BYTES, Long.BYTES);

  /** What is asked for, in CIRG and IIRG: all. */
  public static final int GLOBAL = 1;

  /** What is asked for: a domain. */
  public static final int DOMAIN = 2;

  /** What is asked for: a device (CIRG), or pages of a domain (IIRG). */
  public static final int SELECTIVE = 3;

  /** Context command register. */
  public static final class Ccmd {
    static final Register.Fields FIELDS = Register.named("CCMD", READ_WRITE);

    public static final BitField DID = FIELDS.bits("DID", 15, 0);
    public static final BitField SID = FIELDS.bits("SID", 31, 16, WRITE_ONLY);

    /** How many of the function bits of SID do not count, from the top. */
    public static final BitField FM = FIELDS.bits("FM", 33, 32, WRITE_ONLY);

    /** What was done. */
    public static final BitField CAIG = FIELDS.bits("CAIG", 60, 59, READ_ONLY);

    /** What is asked for. */
    public static final BitField CIRG = FIELDS.bits("CIRG", 62, 61);

    /** Written as 1 to begin; 0 when done. */
    public static final BitField ICC = FIELDS.bit("ICC", 63, ONE_SHOT);

    private Ccmd() {}
  }

  /** Invalidate address register. */
  public static final class Iva {
    private static final Register.Fields FIELDS = Register.named("IVA", WRITE_ONLY);

    /** Address mask: 2^AM pages, aligned. */
    public static final BitField AM = FIELDS.bits("AM", 5, 0);

    /** Invalidation hint: no entry above the leaves was changed. */
    public static final BitField IH = FIELDS.bit("IH", 6);

    public static final BitField ADDR = FIELDS.bits("ADDR", 63, 12);

    private Iva() {}
  }

  /** IOTLB invalidate register. */
  public static final class Iotlb {
    private static final Register.Fields FIELDS = Register.named("IOTLB", READ_WRITE);

    public static final BitField DID = FIELDS.bits("DID", 47, 32);
    public static final BitField DW = FIELDS.bit("DW", 48);
    public static final BitField DR = FIELDS.bit("DR", 49);

    /** What was done. */
    public static final BitField IAIG = FIELDS.bits("IAIG", 58, 57, READ_ONLY);

    /** What is asked for. */
    public static final BitField IIRG = FIELDS.bits("IIRG", 61, 60);

    /** Written as 1 to begin; 0 when done. */
    public static final BitField IVT = FIELDS.bit("IVT", 63, ONE_SHOT);

    private Iotlb() {}
  }

  private InvalidationRegisters() {}
}
