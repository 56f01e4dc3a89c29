// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.memory.AddressRange;

/**
 * Something wrong with where an aperture lies.
 *
 * @param kind what kind of thing
 * @param where the addresses concerned
 * @param reason what is wrong, in words
 */
public record ApertureProblem(Kind kind, AddressRange where, String reason) {

  /** Kinds of problems. */
  public enum Kind {
    /** It begins at address 0, as if never set. */
    AT_ZERO,
    /** Its base is not a multiple of its size; what hardware then translates is not known. */
    NOT_ALIGNED,
    /** It ends above 4 GiB, where devices that need it do not reach. */
    BEYOND_4_GIB,
    /**
     * Memory lies under it: requests to those addresses go through the table and never to that
     * memory, from a CPU as from a device.
     */
    OVER_RAM
  }

  @Override
  public String toString() {
    return where + ": " + reason;
  }
}
