// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Context entry, legacy mode: 16 bytes, one for each device and function of a bus, 256 in a page
 * (VT-d specification, "Context Entry"; QEMU 8.2 intel_iommu_internal.h).
 */
public final class ContextEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 16;

  /** Size of an entry in words of 8 bytes. */
  static final int WORDS = BYTES / Long.BYTES;

  /** Entries of a context table: one for each device and function. */
  static final int COUNT = 256;

  private static final Layout.Fields LOW_FIELDS = Layout.named("context entry, low word");

  /** Present. */
  public static final BitField P = LOW_FIELDS.bit("P", 0);

  /** Fault processing disable: faults of this requester are not recorded. Valid without P. */
  public static final BitField FPD = LOW_FIELDS.bit("FPD", 1);

  /** Translation type, one of the {@code TT_} values. */
  public static final BitField TT = LOW_FIELDS.bits("TT", 3, 2);

  static final BitField RSVD_11_4 = LOW_FIELDS.bits("RSVD_11_4", 11, 4);

  /** Second-level page-table pointer: physical, reserved from the host address width up. */
  public static final BitField SLPTPTR = LOW_FIELDS.bits("SLPTPTR", 63, 12);

  private static final Layout.Fields HIGH_FIELDS = Layout.named("context entry, high word");

  /** Address width: tables have two levels more than this says. */
  public static final BitField AW = HIGH_FIELDS.bits("AW", 2, 0);

  static final BitField IGN_6_3 = HIGH_FIELDS.bits("IGN_6_3", 6, 3);
  static final BitField RSVD_7 = HIGH_FIELDS.bit("RSVD_7", 7);

  /** Domain id: the tag of cached translations. */
  public static final BitField DID = HIGH_FIELDS.bits("DID", 23, 8);

  static final BitField RSVD_63_24 = HIGH_FIELDS.bits("RSVD_63_24", 63, 24);

  /** The first word. */
  public static final Layout LOW = LOW_FIELDS.layout();

  /** The second word. */
  public static final Layout HIGH = HIGH_FIELDS.layout();

  /** TT: untranslated requests go through the second-level tables, others are blocked. */
  public static final int TT_UNTRANSLATED_ONLY = 0;

  /** TT: as {@link #TT_UNTRANSLATED_ONLY}, and the device may have a TLB of its own. */
  public static final int TT_DEVICE_TLB = 1;

  /** TT: requests pass untranslated. */
  public static final int TT_PASS_THROUGH = 2;

  private static final int LEVELS_OF_AW_ZERO = 2;

  private ContextEntry() {}

  /**
   * {@return the low word of a present entry}
   *
   * @param translationType one of the {@code TT_} values
   * @param table physical address of the top table
   */
  public static long low(int translationType, long table) {
    return SLPTPTR.inPlace(table) | TT.of(translationType) | P.of(1);
  }

  /**
   * {@return the high word of an entry}
   *
   * @param levels how many levels the tables have
   * @param domainId 0 to 65535
   */
  public static long high(int levels, int domainId) {
    return AW.of(addressWidthCode(levels)) | DID.of(domainId);
  }

  /** {@return true if the entry is valid} */
  public static boolean isPresent(long low) {
    return P.isSet(low);
  }

  /** {@return true if faults are not recorded, present or not} */
  public static boolean suppressesFaultRecords(long low) {
    return FPD.isSet(low);
  }

  /** {@return the translation type} */
  public static int translationType(long low) {
    return (int) TT.get(low);
  }

  /** {@return physical address of the top table} */
  public static long table(long low) {
    return SLPTPTR.inPlace(low);
  }

  /** {@return how many levels the tables have, 2 to 9; more than 6 is no format there is} */
  public static int levels(long high) {
    return (int) AW.get(high) + LEVELS_OF_AW_ZERO;
  }

  /** {@return the value of AW for tables of {@code levels} levels} */
  static int addressWidthCode(int levels) {
    return levels - LEVELS_OF_AW_ZERO;
  }

  /** {@return the domain id} */
  public static int domainId(long high) {
    return (int) DID.get(high);
  }

  /** {@return why a unit blocks all requests of the entry's device, or nothing} */
  static Optional<FaultReason> fault(long low, long high, UnitConfig config) {
    if (!isPresent(low)) {
      return Optional.of(FaultReason.CONTEXT_NOT_PRESENT);
    }
    if ((low & reservedLow(config.hostAddressWidth())) != 0 || (high & reservedHigh()) != 0) {
      return Optional.of(FaultReason.CONTEXT_RESERVED);
    }
    return isUsable(low, high, config.capabilities())
        ? Optional.empty()
        : Optional.of(FaultReason.CONTEXT_INVALID);
  }

  /**
   * {@return true if a unit can go by the entry: levels and translation type are such that it has}
   */
  static boolean isUsable(long low, long high, Capabilities capabilities) {
    boolean typeKnown =
        switch (translationType(low)) {
          case TT_UNTRANSLATED_ONLY -> true;
          case TT_DEVICE_TLB -> capabilities.deviceTlb();
          case TT_PASS_THROUGH -> capabilities.passThrough();
          default -> false;
        };
    return typeKnown && capabilities.supportsLevels(levels(high));
  }

  /** {@return the bits of the low word that must be zero} */
  static long reservedLow(int hostAddressWidth) {
    return RSVD_11_4.mask() | (SLPTPTR.mask() & ~BitField.lowMask(hostAddressWidth));
  }

  /** {@return the bits of the high word that must be zero} */
  static long reservedHigh() {
    return RSVD_7.mask() | RSVD_63_24.mask();
  }

  /** {@return physical address of the entry of {@code devfn}} */
  public static long address(long contextTable, int devfn) {
    return contextTable + (long) devfn * BYTES;
  }
}
