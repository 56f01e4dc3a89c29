// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import org.crashlane.memory.AddressRange;

/**
 * The addresses at which x86 hardware takes requests for interrupts: they are never translated as
 * DMA, so nothing may be mapped there (VT-d specification, "Interrupt Address Range"; the same for
 * AMD-Vi).
 */
public final class InterruptWindow {
  /** The window. */
  public static final AddressRange RANGE = new AddressRange(0xfee0_0000L, 0xfeef_ffffL);

  private InterruptWindow() {}

  /** {@return true if {@code address} lies in the window} */
  public static boolean contains(long address) {
    return RANGE.contains(address);
  }
}
