// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Context entry, scalable mode: 32 bytes, 128 in a page (VT-d specification, "Scalable-Mode Context
 * Entry"; QEMU 8.2 intel_iommu_internal.h).
 */
public final class ScalableContextEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 32;

  /** Size of an entry in words of 8 bytes. */
  static final int WORDS = BYTES / Long.BYTES;

  /** Entries of a context table: half a bus. */
  static final int COUNT = 128;

  private static final Layout.Fields WORD_0_FIELDS = Layout.named("scalable context entry, word 0");

  /** Present. */
  public static final BitField P = WORD_0_FIELDS.bit("P", 0);

  /** Fault processing disable. */
  public static final BitField FPD = WORD_0_FIELDS.bit("FPD", 1);

  /** Device-TLB enable. */
  public static final BitField DTE = WORD_0_FIELDS.bit("DTE", 2);

  /** PASID enable. */
  public static final BitField PASIDE = WORD_0_FIELDS.bit("PASIDE", 3);

  /** Page request enable. */
  public static final BitField PRE = WORD_0_FIELDS.bit("PRE", 4);

  static final BitField RSVD_8_5 = WORD_0_FIELDS.bits("RSVD_8_5", 8, 5);

  /** PASID directory size: the directory has 2^(PDTS+7) entries. */
  public static final BitField PDTS = WORD_0_FIELDS.bits("PDTS", 11, 9);

  /** PASID directory pointer. */
  public static final BitField PASIDDIRPTR = WORD_0_FIELDS.bits("PASIDDIRPTR", 63, 12);

  private static final Layout.Fields WORD_1_FIELDS = Layout.named("scalable context entry, word 1");

  /** The PASID that represents requests without one. */
  public static final BitField RID_PASID = WORD_1_FIELDS.bits("RID_PASID", 19, 0);

  /** Requests without a PASID are privileged. */
  public static final BitField RID_PRIV = WORD_1_FIELDS.bit("RID_PRIV", 20);

  static final BitField RSVD_63_21 = WORD_1_FIELDS.bits("RSVD_63_21", 63, 21);

  /** The first word. */
  public static final Layout WORD_0 = WORD_0_FIELDS.layout();

  /** The second word; the third and the fourth are reserved as a whole. */
  public static final Layout WORD_1 = WORD_1_FIELDS.layout();

  /** All of them, in order. */
  static final List<Layout> LAYOUTS =
      List.of(
          WORD_0,
          WORD_1,
          Layout.named("scalable context entry, word 2").layout(),
          Layout.named("scalable context entry, word 3").layout());

  private static final int DIRECTORY_BITS_MIN = 7;
  private static final BitField INDEX = BitField.bits("index", 6, 0);

  private ScalableContextEntry() {}

  /** {@return true if the entry is valid} */
  public static boolean isPresent(long word0) {
    return P.isSet(word0);
  }

  /** {@return physical address of the PASID directory} */
  public static long directory(long word0) {
    return PASIDDIRPTR.inPlace(word0);
  }

  /** {@return how many entries the PASID directory has} */
  public static int directoryCount(long word0) {
    return 1 << (PDTS.get(word0) + DIRECTORY_BITS_MIN);
  }

  /** {@return the bits of word {@code index}, 0 to 3, that must be zero} */
  static long reserved(int index, int hostAddressWidth) {
    return switch (index) {
      case 0 -> RSVD_8_5.mask() | (PASIDDIRPTR.mask() & ~BitField.lowMask(hostAddressWidth));
      case 1 -> RSVD_63_21.mask();
      default -> -1;
    };
  }

  /** {@return why a unit goes no further than the entry of these {@code words}, or nothing} */
  static Optional<FaultReason> fault(long[] words, int hostAddressWidth) {
    if (!isPresent(words[0])) {
      return Optional.of(FaultReason.SCALABLE_CONTEXT_NOT_PRESENT);
    }
    for (int i = 0; i < WORDS; i++) {
      if ((words[i] & reserved(i, hostAddressWidth)) != 0) {
        return Optional.of(FaultReason.SCALABLE_CONTEXT_RESERVED);
      }
    }
    return Optional.empty();
  }

  /** {@return physical address of the entry of {@code devfn} in the table of its half} */
  public static long address(long contextTable, int devfn) {
    return contextTable + INDEX.get(devfn) * BYTES;
  }
}
