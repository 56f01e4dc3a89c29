// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.memory.AddressRange;

/**
 * Addresses at which nothing may be mapped for a device, whatever the tables have room for; so no
 * crash range may lie there.
 *
 * @param range which
 * @param why what they are for
 */
public record Unmappable(AddressRange range, Term why) {
  /** {@return the addresses {@code window}, at which requests are taken for interrupts} */
  public static Unmappable interrupts(AddressRange window) {
    return new Unmappable(window, TableFact.INTERRUPT_WINDOW);
  }

  /** {@return true if {@code mapping} has any of them as IOVA or as target} */
  public boolean overlaps(Mapping mapping) {
    return range.overlaps(mapping.iova()) || range.overlaps(mapping.physical());
  }

  /** {@return why nothing is mapped that overlaps them} */
  public Reason overlap() {
    return Reason.of(TableFact.OVERLAP, addresses(range), new Reason.Because(why));
  }

  /** {@return {@code range} as a detail of a reason} */
  public static Reason.Detail addresses(AddressRange range) {
    return new Reason.Addresses(range.first(), range.last());
  }
}
