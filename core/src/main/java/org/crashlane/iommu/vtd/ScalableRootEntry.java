// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Root entry, scalable mode: 16 bytes, one for each bus. The low word leads to the context entries
 * of devices 0 to 15, the high word to those of devices 16 to 31 (VT-d specification,
 * "Scalable-Mode Root Entry"; Linux 6.0 drivers/iommu/intel/iommu.h).
 */
public final class ScalableRootEntry {
  private static final Layout.Fields LOW_FIELDS = Layout.named("scalable root entry, low word");

  /** Lower half present. */
  public static final BitField LP = LOW_FIELDS.bit("LP", 0);

  static final BitField LOW_RSVD_11_1 = LOW_FIELDS.bits("RSVD_11_1", 11, 1);

  /** Lower context-table pointer. */
  public static final BitField LCTP = LOW_FIELDS.bits("LCTP", 63, 12);

  private static final Layout.Fields HIGH_FIELDS = Layout.named("scalable root entry, high word");

  /** Upper half present. */
  public static final BitField UP = HIGH_FIELDS.bit("UP", 0);

  static final BitField HIGH_RSVD_11_1 = HIGH_FIELDS.bits("RSVD_11_1", 11, 1);

  /** Upper context-table pointer. */
  public static final BitField UCTP = HIGH_FIELDS.bits("UCTP", 63, 12);

  /** The first word. */
  public static final Layout LOW = LOW_FIELDS.layout();

  /** The second word. */
  public static final Layout HIGH = HIGH_FIELDS.layout();

  private static final BitField UPPER_HALF = BitField.bit("upper half", 7);

  private ScalableRootEntry() {}

  /** {@return which word of its bus's root entry leads to {@code devfn}: 0 or 1} */
  public static int word(int devfn) {
    return (int) UPPER_HALF.get(devfn);
  }

  /** {@return true if either word, they are built alike, points to a context table} */
  public static boolean isPresent(long word) {
    return LP.isSet(word);
  }

  /** {@return physical address of the context table that a word points to} */
  public static long contextTable(long word) {
    return LCTP.inPlace(word);
  }

  /** {@return a word that points to {@code contextTable}} */
  public static long pointingTo(long contextTable) {
    return LCTP.inPlace(contextTable) | LP.of(1);
  }

  /**
   * {@return why a unit blocks all requests that go by one word of an entry, or nothing}
   *
   * @param words both words: reserved bits of either block requests that go by the other too
   * @param word which they go by, 0 or 1
   */
  static Optional<FaultReason> fault(long[] words, int word, int hostAddressWidth) {
    if (!isPresent(words[word])) {
      return Optional.of(FaultReason.SCALABLE_ROOT_NOT_PRESENT);
    }
    boolean reserved = ((words[0] | words[1]) & reserved(hostAddressWidth)) != 0;
    return reserved ? Optional.of(FaultReason.SCALABLE_ROOT_RESERVED) : Optional.empty();
  }

  /** {@return the bits of either word that must be zero} */
  static long reserved(int hostAddressWidth) {
    return LOW_RSVD_11_1.mask() | (LCTP.mask() & ~BitField.lowMask(hostAddressWidth));
  }
}
