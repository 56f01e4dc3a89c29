// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.Set;
import org.crashlane.pci.RequesterId;

/**
 * What has to be known of a host to read a unit's tables, and the unit's registers do not say.
 *
 * @param addressWidth how many bits a physical address has, as firmware's tables or the processor
 *     say: address bits above are reserved in every table; {@link #ADDRESS_WIDTH_MAX} if it is not
 *     known
 * @param encryptionMask the address bit that says that a page is encrypted and is no address, or 0
 * @param cachesAbsent whether the unit caches entries that are not present; heeded where its
 *     registers do not say
 * @param passing whose requests pass by the unit, whatever entries there are for them
 */
public record HostFacts(
    int addressWidth, long encryptionMask, Known cachesAbsent, Set<RequesterId> passing) {
  /** The widest physical address that entries can hold. */
  public static final int ADDRESS_WIDTH_MAX = 52;

  /** Nothing is known; memory is not encrypted, and no device passes by the unit. */
  public static final HostFacts UNKNOWN =
      new HostFacts(ADDRESS_WIDTH_MAX, 0, Known.UNKNOWN, Set.of());

  public HostFacts {
    passing = Set.copyOf(passing);
  }

  /** A host of known address width whose memory is not encrypted. */
  public HostFacts(int addressWidth) {
    this(addressWidth, 0, Known.UNKNOWN, Set.of());
  }
}
