// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.pci.RequesterId;

/**
 * Interrupt remapping table entry (IRTE): 16 bytes (VT-d specification, "Interrupt Remapping Table
 * Entry"; order of checks as in VirtualBox DevIommuIntel.cpp and QEMU 8.2 intel_iommu.c).
 *
 * <p>Two forms, distinguished by IM: <em>remapped</em>, which names a processor, and
 * <em>posted</em>, which names a descriptor in memory.
 */
public final class InterruptEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 16;

  private static final Layout.Fields LOW_FIELDS = Layout.named("IRTE, low word");

  /** Present. */
  public static final BitField P = LOW_FIELDS.bit("P", 0);

  /** Fault processing disable. */
  public static final BitField FPD = LOW_FIELDS.bit("FPD", 1);

  /** Destination mode: 1 is logical. */
  public static final BitField DM = LOW_FIELDS.bit("DM", 2);

  /** Redirection hint. */
  public static final BitField RH = LOW_FIELDS.bit("RH", 3);

  /** Trigger mode: 1 is level. */
  public static final BitField TM = LOW_FIELDS.bit("TM", 4);

  /** Delivery mode. */
  public static final BitField DLM = LOW_FIELDS.bits("DLM", 7, 5);

  public static final BitField AVAIL = LOW_FIELDS.bits("AVAIL", 11, 8);
  static final BitField RSVD_14_12 = LOW_FIELDS.bits("RSVD_14_12", 14, 12);

  /** Mode: 1 is posted. */
  public static final BitField IM = LOW_FIELDS.bit("IM", 15);

  /** Vector. */
  public static final BitField V = LOW_FIELDS.bits("V", 23, 16);

  static final BitField RSVD_31_24 = LOW_FIELDS.bits("RSVD_31_24", 31, 24);

  /** Destination id, all of it with extended interrupt mode. */
  public static final BitField DST = LOW_FIELDS.bits("DST", 63, 32);

  /** The part of {@link #DST} that is used without extended interrupt mode: an xAPIC id. */
  public static final BitField DST_XAPIC = BitField.bits("DST[15:8]", 47, 40);

  static final BitField RSVD_7_2 = BitField.bits("RSVD_7_2", 7, 2);
  static final BitField RSVD_13_12 = BitField.bits("RSVD_13_12", 13, 12);

  /** Posted: urgent. */
  public static final BitField URG = BitField.bit("URG", 14);

  static final BitField RSVD_37_24 = BitField.bits("RSVD_37_24", 37, 24);

  /** Posted: bits 31:6 of the descriptor's address. */
  public static final BitField PDA_LOW = BitField.bits("PDA[31:6]", 63, 38);

  private static final Layout.Fields HIGH_FIELDS = Layout.named("IRTE, high word");

  /** Source id: whose interrupts may use the entry. */
  public static final BitField SID = HIGH_FIELDS.bits("SID", 15, 0);

  /** Source id qualifier: which function bits of {@link #SID} count. */
  public static final BitField SQ = HIGH_FIELDS.bits("SQ", 17, 16);

  /** Source validation type, one of the {@code SVT_} values. */
  public static final BitField SVT = HIGH_FIELDS.bits("SVT", 19, 18);

  static final BitField RSVD_63_20 = HIGH_FIELDS.bits("RSVD_63_20", 63, 20);
  static final BitField RSVD_31_20 = BitField.bits("RSVD_31_20", 31, 20);

  /** Posted: bits 63:32 of the descriptor's address. */
  public static final BitField PDA_HIGH = BitField.bits("PDA[63:32]", 63, 32);

  /** The first word, remapped. */
  public static final Layout LOW = LOW_FIELDS.layout();

  /** The second word, remapped. */
  public static final Layout HIGH = HIGH_FIELDS.layout();

  /** The first word, posted. */
  public static final Layout POSTED_LOW =
      Layout.of(
          "posted IRTE, low word",
          P,
          FPD,
          RSVD_7_2,
          AVAIL,
          RSVD_13_12,
          URG,
          IM,
          V,
          RSVD_37_24,
          PDA_LOW);

  /** The second word, posted. */
  public static final Layout POSTED_HIGH =
      Layout.of("posted IRTE, high word", SID, SQ, SVT, RSVD_31_20, PDA_HIGH);

  /** The sender is not looked at. */
  public static final int SVT_NONE = 0;

  /** The sender must be {@link #SID}, as far as {@link #SQ} says. */
  public static final int SVT_SID = 1;

  /** The sender's bus must lie between the two bytes of {@link #SID}. */
  public static final int SVT_BUS = 2;

  private static final BitField BUS_FIRST = BitField.bits("start bus", 15, 8);
  private static final BitField BUS_LAST = BitField.bits("end bus", 7, 0);

  /** Of the source id, what is compared for each SQ: all; not bit 2; not 2:1; not 2:0. */
  private static final long[] SQ_IGNORED = {
    0,
    BitField.bit("function bit 2", 2).mask(),
    BitField.bits("function bits 2:1", 2, 1).mask(),
    BitField.bits("function", 2, 0).mask()
  };

  private InterruptEntry() {}

  /** {@return physical address of entry {@code index} of the table at {@code table}} */
  public static long address(long table, int index) {
    return table + (long) index * BYTES;
  }

  /** {@return true if the entry is present} */
  public static boolean isPresent(long low) {
    return P.isSet(low);
  }

  /** {@return true if the entry posts interrupts for a guest} */
  public static boolean isPosted(long low) {
    return IM.isSet(low);
  }

  /**
   * {@return where a remapped entry sends its interrupts}
   *
   * @param extended extended interrupt mode (IRTA.EIME)
   */
  public static InterruptTarget target(long low, boolean extended) {
    return new InterruptTarget(
        (extended ? DST : DST_XAPIC).get(low),
        DM.isSet(low),
        (int) V.get(low),
        DeliveryMode.of(DLM.get(low)),
        extended);
  }

  /** {@return physical address of a posted entry's descriptor} */
  public static long descriptor(long low, long high) {
    return PDA_HIGH.inPlace(high) | PDA_LOW.get(low) << (Integer.SIZE - PDA_LOW.width());
  }

  /** {@return the low word of a present entry that sends fixed interrupts to {@code target}} */
  public static long low(InterruptTarget target, boolean extended) {
    return P.of(1)
        | DM.of(target.logical() ? 1 : 0)
        | DLM.of(target.mode().encoding())
        | V.of(target.vector())
        | (extended ? DST : DST_XAPIC).of(target.destination());
  }

  /** {@return the high word of an entry that only {@code source} may use} */
  public static long high(RequesterId source) {
    return SVT.of(SVT_SID) | SID.of(source.value());
  }

  /** {@return true if {@code source} may use the entry} */
  public static boolean isFor(RequesterId source, long high) {
    long sid = SID.get(high);
    return switch ((int) SVT.get(high)) {
      case SVT_NONE -> true;
      case SVT_SID -> ((source.value() ^ sid) & ~SQ_IGNORED[(int) SQ.get(high)]) == 0;
      case SVT_BUS -> source.bus() >= BUS_FIRST.get(sid) && source.bus() <= BUS_LAST.get(sid);
      default -> false;
    };
  }

  /**
   * {@return why the unit blocks an interrupt from {@code source} that chose this entry, or
   * nothing}
   *
   * @param extended extended interrupt mode (IRTA.EIME)
   */
  static Optional<FaultReason> fault(long low, long high, RequesterId source, boolean extended) {
    if (!isPresent(low)) {
      return Optional.of(FaultReason.INTERRUPT_NOT_PRESENT);
    }
    if ((low & reservedLow(low, extended)) != 0 || (high & reservedHigh(low, high)) != 0) {
      return Optional.of(FaultReason.INTERRUPT_ENTRY_RESERVED);
    }
    return isFor(source, high) ? Optional.empty() : Optional.of(FaultReason.INTERRUPT_SOURCE);
  }

  private static long reservedLow(long low, boolean extended) {
    if (isPosted(low)) {
      return RSVD_7_2.mask() | RSVD_13_12.mask() | RSVD_37_24.mask();
    }
    long unusedDestination = extended ? 0 : DST.mask() & ~DST_XAPIC.mask();
    return RSVD_14_12.mask() | RSVD_31_24.mask() | unusedDestination;
  }

  /** A validation type that is not defined is reserved too. */
  private static long reservedHigh(long low, long high) {
    long reserved = (isPosted(low) ? RSVD_31_20 : RSVD_63_20).mask();
    return SVT.get(high) > SVT_BUS ? reserved | SVT.mask() : reserved;
  }

  /** {@return the entry's words, by their fields} */
  static Reason.Words words(long low, long high) {
    return isPosted(low)
        ? new Reason.Words(POSTED_HIGH.word(high), POSTED_LOW.word(low))
        : new Reason.Words(HIGH.word(high), LOW.word(low));
  }
}
