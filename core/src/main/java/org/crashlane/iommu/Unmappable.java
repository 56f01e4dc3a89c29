// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;

/**
 * Addresses at which nothing may be mapped for a device, whatever the tables have room for; so no
 * crash range may lie there.
 *
 * @param range which
 * @param reason why: {@code requests there are interrupts}
 */
public record Unmappable(AddressRange range, String reason) {
  /** Where x86 hardware takes requests for interrupts. */
  public static final Unmappable INTERRUPT_WINDOW =
      new Unmappable(InterruptWindow.RANGE, "requests there are interrupts");

  /** {@return true if {@code mapping} has any of them as IOVA or as target} */
  public boolean overlaps(Mapping mapping) {
    return range.overlaps(mapping.iova()) || range.overlaps(mapping.physical());
  }

  @Override
  public String toString() {
    return range + ": " + reason;
  }
}
