// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import org.crashlane.bits.Hex;

/**
 * Where an interrupt goes.
 *
 * @param destination the id of a local APIC, or a set of them where {@code logical}: 8 bits, 32
 *     with x2APIC
 * @param logical true if {@code destination} is a set (destination mode 1)
 * @param vector which interrupt, 0 to 255
 * @param mode what it asks of the processor
 * @param extended true if destinations have 32 bits (x2APIC)
 */
public record InterruptTarget(
    long destination, boolean logical, int vector, DeliveryMode mode, boolean extended) {
  /** The physical destination that means every processor, 8 bits wide. */
  public static final long BROADCAST = 0xff;

  /** The same where destinations have 32 bits. */
  public static final long BROADCAST_X2APIC = 0xffff_ffffL;

  /** A target whose destination has 8 bits. */
  public InterruptTarget(long destination, boolean logical, int vector, DeliveryMode mode) {
    this(destination, logical, vector, mode, false);
  }

  /** {@return true if every processor is meant; 255 is one processor's id with x2APIC} */
  public boolean isBroadcast() {
    return !logical && destination == (extended ? BROADCAST_X2APIC : BROADCAST);
  }

  /** {@return true if every processor gets {@code wanted}: whichever one asked is among them} */
  public boolean brings(int wanted) {
    return mode == DeliveryMode.FIXED && mayBring(wanted);
  }

  /**
   * {@return true if one of all processors gets {@code wanted}} Of several that arbitrate for the
   * lowest priority, the one that gets it may be one that is halted.
   */
  public boolean mayBring(int wanted) {
    return vector == wanted && mode.bringsVector() && isBroadcast();
  }

  @Override
  public String toString() {
    return "vector %s to %s %s%s"
        .formatted(
            Hex.of(vector),
            logical ? "logical destination" : "APIC",
            isBroadcast() ? "of every processor" : Hex.of(destination),
            mode == DeliveryMode.FIXED ? "" : " (" + mode + ")");
  }
}
