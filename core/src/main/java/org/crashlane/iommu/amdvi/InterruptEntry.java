// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptTarget;

/**
 * Interrupt remapping table entry (IRTE) of 32 bits, used while Control.GAEn is zero (AMD 48882,
 * "Interrupt Remapping Tables, Guest Virtual APIC Not Enabled"; Linux 6.0
 * drivers/iommu/amd/amd_iommu_types.h, {@code union irte}).
 */
public final class InterruptEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 4;

  private static final Layout.Fields FIELDS = Layout.named("IRTE");

  /** Remapping enabled: the entry lets interrupts through. */
  public static final BitField REMAP_EN = FIELDS.bit("RemapEn", 0);

  /** Suppress I/O page fault events. */
  public static final BitField SUP_IO_PF = FIELDS.bit("SupIOPF", 1);

  /** Interrupt type: fixed or arbitrated. */
  public static final BitField INT_TYPE = FIELDS.bits("IntType", 4, 2);

  /** Request end of interrupt. */
  public static final BitField RQ_EOI = FIELDS.bit("RqEoi", 5);

  /** Destination mode: 1 is logical. */
  public static final BitField DM = FIELDS.bit("DM", 6);

  /** Guest mode; must be zero in this form. */
  public static final BitField GUEST_MODE = FIELDS.bit("GuestMode", 7);

  /** Destination id. */
  public static final BitField DESTINATION = FIELDS.bits("Destination", 15, 8);

  /** Vector. */
  public static final BitField VECTOR = FIELDS.bits("Vector", 23, 16);

  static final BitField RSVD_31_24 = FIELDS.bits("RSVD_31_24", 31, 24);

  /** The entry. */
  public static final Layout LAYOUT = FIELDS.layout();

  private InterruptEntry() {}

  /** {@return where the entry sends its interrupts} */
  static InterruptTarget target(long entry) {
    return new InterruptTarget(
        DESTINATION.get(entry),
        DM.isSet(entry),
        (int) VECTOR.get(entry),
        DeliveryMode.of(INT_TYPE.get(entry)));
  }

  /** {@return the entry that sends interrupts to {@code target}, enabled} */
  public static long of(InterruptTarget target) {
    return REMAP_EN.of(1)
        | INT_TYPE.of(target.mode().encoding())
        | DM.of(target.logical() ? 1 : 0)
        | DESTINATION.of(target.destination())
        | VECTOR.of(target.vector());
  }
}
