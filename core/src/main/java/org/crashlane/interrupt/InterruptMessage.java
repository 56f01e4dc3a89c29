// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;

/**
 * What a device or an IOAPIC writes into the interrupt window: an MSI. An IOAPIC's interrupts look
 * the same on their way to an IOMMU, with the IOAPIC's own requester id.
 *
 * <p>The fields are those of the <em>compatibility format</em>, which a kernel that knows of no
 * IOMMU uses (Intel SDM volume 3, "Message Signalled Interrupts").
 *
 * @param address where it is written: in 0xfee00000–0xfeefffff
 * @param data what is written, 32 bits
 */
public record InterruptMessage(long address, int data) {
  private static final BitField DESTINATION = BitField.bits("destination id", 19, 12);
  private static final BitField DESTINATION_MODE = BitField.bit("DM", 2);
  private static final BitField VECTOR = BitField.bits("vector", 7, 0);
  private static final BitField DELIVERY_MODE = BitField.bits("delivery mode", 10, 8);

  public InterruptMessage {
    if (!InterruptWindow.contains(address)) {
      throw new IllegalArgumentException("no interrupt at " + Hex.of(address));
    }
  }

  /**
   * {@return the message of a kernel that asks for {@code vector}: fixed, physical, edge}
   *
   * @param destination the id of the local APIC that is to get it, 0 to 255
   * @param vector 0 to 255
   */
  public static InterruptMessage fixed(int destination, int vector) {
    long address = DESTINATION.with(InterruptWindow.RANGE.first(), destination);
    return new InterruptMessage(address, (int) VECTOR.of(vector));
  }

  /** {@return where it would go if nothing were between} */
  public InterruptTarget target() {
    return new InterruptTarget(
        DESTINATION.get(address),
        DESTINATION_MODE.isSet(address),
        (int) VECTOR.get(data),
        DeliveryMode.of(DELIVERY_MODE.get(data)));
  }

  @Override
  public String toString() {
    return "%s <- %s".formatted(Hex.of(address), Hex.of(Integer.toUnsignedLong(data)));
  }
}
