// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.paging.UnitCaches;
import org.crashlane.pci.RequesterId;

/**
 * The context cache and the IOTLB of one unit. Of a requester without a context entry the first
 * word is remembered without P, and in the place of the second the code of the fault.
 */
public final class Caches extends UnitCaches {
  private static final BitField FUNCTION = BitField.bits("function", 2, 0);

  /** Makes empty caches. */
  public Caches() {
    this(true);
  }

  private Caches(boolean remembers) {
    super(SecondLevelEntry.LARGEST, remembers);
  }

  /** {@return the caches of a unit that remembers nothing} */
  public static Caches none() {
    return new Caches(false);
  }

  private Caches(Caches other) {
    super(other);
  }

  /** {@return caches in the same state, that change by themselves} */
  public Caches fork() {
    return new Caches(this);
  }

  /** Drops the context entries of a domain. */
  public void dropContexts(int domainId) {
    deviceEntries().dropIf(place -> domainId(place) == domainId);
  }

  /**
   * Drops the context entries of a device, if they are of the domain.
   *
   * @param domainId the domain in the entry as it was read; 0 for one that was not present
   * @param functionBits how many of the requester's function bits do not count, from the top, 0 to
   *     3
   */
  public void dropContexts(int domainId, RequesterId requester, int functionBits) {
    if (functionBits < 0 || functionBits > FUNCTION.width()) {
      throw new IllegalArgumentException("function mask: " + functionBits);
    }
    // The manual counts them from the top: one is bit 2, two are bits 2:1, three are all.
    long ignored = FUNCTION.mask() & ~BitField.lowMask(FUNCTION.width() - functionBits);
    deviceEntries()
        .dropIf(place ->
            domainId(place) == domainId
                && ((deviceEntries().source(place) ^ requester.value()) & ~ignored) == 0);
  }

  /** {@return the domain that an invalidation must name: 0 where there is no entry} */
  private int domainId(int place) {
    return ContextEntry.isPresent(deviceEntries().low(place))
        ? ContextEntry.domainId(deviceEntries().high(place))
        : 0;
  }
}
