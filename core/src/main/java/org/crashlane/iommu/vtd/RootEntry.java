// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Root entry, legacy mode: 16 bytes, one for each bus, 256 in a page (VT-d specification, "Root
 * Entry"; QEMU 8.2 intel_iommu_internal.h).
 */
public final class RootEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 16;

  /** Size of an entry in words of 8 bytes. */
  static final int WORDS = BYTES / Long.BYTES;

  /** Entries of a root table: one for each bus. */
  static final int COUNT = 256;

  private static final Layout.Fields LOW_FIELDS = Layout.named("root entry, low word");

  /** Present. */
  public static final BitField P = LOW_FIELDS.bit("P", 0);

  static final BitField RSVD_11_1 = LOW_FIELDS.bits("RSVD_11_1", 11, 1);

  /** Context-table pointer: a physical address, reserved from the host address width up. */
  public static final BitField CTP = LOW_FIELDS.bits("CTP", 63, 12);

  private static final Layout.Fields HIGH_FIELDS = Layout.named("root entry, high word");

  static final BitField RSVD_HIGH = HIGH_FIELDS.bits("RSVD_63_0", 63, 0);

  /** The first word. */
  public static final Layout LOW = LOW_FIELDS.layout();

  /** The second word. */
  public static final Layout HIGH = HIGH_FIELDS.layout();

  private RootEntry() {}

  /** {@return the low word of an entry that points to {@code contextTable}; the high word is 0} */
  public static long low(long contextTable) {
    return CTP.inPlace(contextTable) | P.of(1);
  }

  /** {@return true if the entry points to a context table} */
  public static boolean isPresent(long low) {
    return P.isSet(low);
  }

  /** {@return physical address of the context table} */
  public static long contextTable(long low) {
    return CTP.inPlace(low);
  }

  /** {@return the bits of the low word that must be zero} */
  static long reservedLow(int hostAddressWidth) {
    return RSVD_11_1.mask() | (CTP.mask() & ~BitField.lowMask(hostAddressWidth));
  }

  /** {@return why a unit blocks all requests from the entry's bus, or nothing} */
  static Optional<FaultReason> fault(long low, long high, int hostAddressWidth) {
    if (!isPresent(low)) {
      return Optional.of(FaultReason.ROOT_NOT_PRESENT);
    }
    boolean reserved = (low & reservedLow(hostAddressWidth)) != 0 || RSVD_HIGH.isSet(high);
    return reserved ? Optional.of(FaultReason.ROOT_RESERVED) : Optional.empty();
  }

  /** {@return physical address of the entry of {@code bus}} */
  public static long address(long rootTable, int bus) {
    return rootTable + (long) bus * BYTES;
  }
}
