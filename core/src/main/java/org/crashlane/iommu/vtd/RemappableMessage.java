// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.OptionalInt;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptWindow;

/**
 * The <em>remappable format</em> of interrupt messages, which names an entry of the interrupt
 * remapping table in place of a vector (VT-d specification, "Interrupt Requests in Remappable
 * Format").
 */
public final class RemappableMessage {
  private static final Layout.Fields ADDRESS_FIELDS = Layout.named("MSI address, remappable");

  /** Bit 15 of the handle. */
  public static final BitField HANDLE_15 = ADDRESS_FIELDS.bit("handle[15]", 2);

  /** Subhandle valid: the data is added to the handle. */
  public static final BitField SHV = ADDRESS_FIELDS.bit("SHV", 3);

  /** Format: 1 is remappable, 0 compatibility. */
  public static final BitField FORMAT = ADDRESS_FIELDS.bit("interrupt format", 4);

  /** Bits 14:0 of the handle. */
  public static final BitField HANDLE_14_0 = ADDRESS_FIELDS.bits("handle[14:0]", 19, 5);

  static final BitField WINDOW = ADDRESS_FIELDS.bits("0xfee", 31, 20);

  /** The address. */
  public static final Layout ADDRESS = ADDRESS_FIELDS.layout();

  private static final Layout.Fields DATA_FIELDS = Layout.named("MSI data, remappable");

  /** The data: added to the handle where {@link #SHV} is one. */
  public static final BitField SUBHANDLE = DATA_FIELDS.bits("subhandle", 15, 0);

  static final BitField RSVD_31_16 = DATA_FIELDS.bits("RSVD_31_16", 31, 16);

  /** The data. */
  public static final Layout DATA = DATA_FIELDS.layout();

  private static final BitField LOW_BITS = BitField.bits("index[14:0]", 14, 0);
  private static final BitField HIGH_BIT = BitField.bit("index[15]", 15);

  private RemappableMessage() {}

  /** {@return true if {@code message} names an entry} */
  public static boolean isRemappable(InterruptMessage message) {
    return FORMAT.isSet(message.address());
  }

  /** {@return the message that names entry {@code index}, without a subhandle} */
  public static InterruptMessage naming(int index) {
    long handle = HANDLE_14_0.of(LOW_BITS.get(index)) | HANDLE_15.of(HIGH_BIT.get(index));
    return new InterruptMessage(InterruptWindow.RANGE.first() | handle | FORMAT.of(1), 0);
  }

  /** {@return the entry that {@code message} names, or nothing if a reserved field is not zero} */
  public static OptionalInt index(InterruptMessage message) {
    if (RSVD_31_16.isSet(message.data())) {
      return OptionalInt.empty();
    }
    long address = message.address();
    long handle = LOW_BITS.of(HANDLE_14_0.get(address)) | HIGH_BIT.of(HANDLE_15.get(address));
    long sub = SHV.isSet(address) ? SUBHANDLE.get(message.data()) : 0;
    return OptionalInt.of((int) (handle + sub));
  }
}
