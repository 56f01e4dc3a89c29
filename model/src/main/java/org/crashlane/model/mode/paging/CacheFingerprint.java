// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import org.crashlane.iommu.paging.UnitCaches;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.pci.RequesterId;

/** Tells a fingerprint all that a unit remembers. */
public record CacheFingerprint(Fingerprint into) implements UnitCaches.Visitor {

  /** Adds all of {@code caches} to {@code into}. */
  public static void add(Fingerprint into, UnitCaches caches) {
    into.add(caches.deviceEntryCount());
    into.add(caches.translationCount());
    caches.visit(new CacheFingerprint(into));
  }

  @Override
  public void deviceEntry(RequesterId requester, long low, long high) {
    into.add(requester.value());
    into.add(low);
    into.add(high);
  }

  @Override
  public void translation(int domainId, int level, long iova, long value) {
    into.add(domainId);
    into.add(level);
    into.add(iova);
    into.add(value);
  }
}
