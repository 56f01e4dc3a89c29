// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptTarget;

/**
 * Interrupt remapping table entry (IRTE) of 128 bits, used while Control.GAEn is one (AMD 48882,
 * "Interrupt Remapping Tables with Guest Virtual APIC Enabled"; Linux 6.0
 * drivers/iommu/amd/amd_iommu_types.h, {@code union irte_ga_lo}, {@code union irte_ga_hi}).
 *
 * <p>Two forms, distinguished by GuestMode: one names a processor, the other a guest's virtual
 * APIC.
 */
public final class WideInterruptEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 16;

  /** Destination id, bits 23:0; bits 7:0 alone count without x2APIC. */
  public static final BitField DESTINATION_LOW = BitField.bits("Destination[23:0]", 31, 8);

  /** Of a guest: its tag in the log. Otherwise ignored. */
  public static final BitField GA_TAG = BitField.bits("GATag", 63, 32);

  /** Guest: log the interrupt. */
  public static final BitField GA_LOG_INTR = BitField.bit("GALogIntr", 2);

  static final BitField RSVD_5_3 = BitField.bits("RSVD_5_3", 5, 3);

  /** Guest: its processor runs. */
  public static final BitField IS_RUN = BitField.bit("IsRun", 6);

  private static final Layout.Fields HIGH_FIELDS = Layout.named("IRTE, high word");

  /** Vector. */
  public static final BitField VECTOR = HIGH_FIELDS.bits("Vector", 7, 0);

  static final BitField RSVD_11_8 = HIGH_FIELDS.bits("RSVD_11_8", 11, 8);

  /** Guest: the page of its virtual APIC. */
  public static final BitField GA_ROOT = HIGH_FIELDS.bits("GARootPtr", 51, 12);

  static final BitField RSVD_55_52 = HIGH_FIELDS.bits("RSVD_55_52", 55, 52);

  /** Destination id, bits 31:24, with x2APIC. */
  public static final BitField DESTINATION_HIGH = HIGH_FIELDS.bits("Destination[31:24]", 63, 56);

  /** The first word, naming a processor. The lower fields are those of the small form. */
  public static final Layout LOW =
      Layout.of(
          "IRTE, low word",
          InterruptEntry.REMAP_EN,
          InterruptEntry.SUP_IO_PF,
          InterruptEntry.INT_TYPE,
          InterruptEntry.RQ_EOI,
          InterruptEntry.DM,
          InterruptEntry.GUEST_MODE,
          DESTINATION_LOW,
          GA_TAG);

  /** The first word, naming a guest. */
  public static final Layout GUEST_LOW =
      Layout.of(
          "guest IRTE, low word",
          InterruptEntry.REMAP_EN,
          InterruptEntry.SUP_IO_PF,
          GA_LOG_INTR,
          RSVD_5_3,
          IS_RUN,
          InterruptEntry.GUEST_MODE,
          DESTINATION_LOW,
          GA_TAG);

  /** The second word. */
  public static final Layout HIGH = HIGH_FIELDS.layout();

  /** The part of the destination that is used without x2APIC. */
  private static final BitField DESTINATION_XAPIC = BitField.bits("Destination[7:0]", 15, 8);

  private static final BitField TARGET_LOW = BitField.bits("destination[23:0]", 23, 0);
  private static final BitField TARGET_HIGH = BitField.bits("destination[31:24]", 31, 24);

  private WideInterruptEntry() {}

  /**
   * {@return where an entry that names a processor sends its interrupts}
   *
   * @param x2apic destinations have 32 bits (Control.XTEn)
   */
  static InterruptTarget target(long low, long high, boolean x2apic) {
    long destination =
        x2apic
            ? TARGET_LOW.of(DESTINATION_LOW.get(low)) | TARGET_HIGH.of(DESTINATION_HIGH.get(high))
            : DESTINATION_XAPIC.get(low);
    return new InterruptTarget(
        destination,
        InterruptEntry.DM.isSet(low),
        (int) VECTOR.get(high),
        DeliveryMode.of(InterruptEntry.INT_TYPE.get(low)),
        x2apic);
  }

  /** {@return the low word of an entry that sends interrupts to {@code target}, enabled} */
  public static long low(InterruptTarget target) {
    return InterruptEntry.REMAP_EN.of(1)
        | InterruptEntry.INT_TYPE.of(target.mode().encoding())
        | InterruptEntry.DM.of(target.logical() ? 1 : 0)
        | DESTINATION_LOW.of(TARGET_LOW.get(target.destination()));
  }

  /** {@return the high word of an entry that sends interrupts to {@code target}} */
  public static long high(InterruptTarget target) {
    return VECTOR.of(target.vector()) | DESTINATION_HIGH.of(TARGET_HIGH.get(target.destination()));
  }
}
