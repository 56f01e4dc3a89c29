// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.pci.RequesterId;

/**
 * What one unit remembers of the tables while it runs: device entries and translations. Made by
 * whoever runs the machine, copied with it, one for each unit.
 *
 * <p>Nothing gives way to anything: an entry that was ever used serves until an invalidation names
 * it, whatever the tables say meanwhile. That is the most that a missing invalidation can spoil;
 * hardware forgets earlier. Entries above the leaves are not remembered by themselves: in a
 * driver's hands they do not change once they are there.
 */
public class UnitCaches {
  private final DeviceEntryCache deviceEntries;
  private final Iotlb iotlb;
  private final Geometry geometry;
  private final boolean remembers;

  /**
   * Makes empty caches.
   *
   * @param geometry the shape of the largest tables that the unit uses
   * @param remembers false if they remain empty, as those of a unit that has none
   */
  protected UnitCaches(Geometry geometry, boolean remembers) {
    this.geometry = geometry;
    this.remembers = remembers;
    this.deviceEntries = new DeviceEntryCache();
    this.iotlb = new Iotlb(geometry);
  }

  /** Makes a copy that changes by itself. */
  protected UnitCaches(UnitCaches other) {
    this.geometry = other.geometry;
    this.remembers = other.remembers;
    this.deviceEntries = other.deviceEntries.fork();
    this.iotlb = other.iotlb.fork();
  }

  /** Receives all that is remembered. */
  public interface Visitor {

    /**
     * A device's entry.
     *
     * @param low its first word
     * @param high its second word
     */
    void deviceEntry(RequesterId requester, long low, long high);

    /**
     * A page-table entry.
     *
     * @param domainId its tag
     * @param level 1 for 4 KiB, and so on
     * @param iova the first that it serves
     * @param value as the {@link Iotlb} has it
     */
    void translation(int domainId, int level, long iova, long value);
  }

  /** Tells {@code visitor} all, in an order that depends on nothing but what there is. */
  public final void visit(Visitor visitor) {
    for (int place = 0; place < deviceEntries.count(); place++) {
      visitor.deviceEntry(
          new RequesterId(deviceEntries.source(place)),
          deviceEntries.low(place),
          deviceEntries.high(place));
    }
    for (long key : iotlb.sortedKeys()) {
      visitor.translation(Iotlb.domainId(key), Iotlb.level(key), iotlb.iova(key), iotlb.get(key));
    }
  }

  /** {@return how many device entries are remembered, those that are not there too} */
  public final int deviceEntryCount() {
    return deviceEntries.count();
  }

  /** {@return how many page-table entries are remembered} */
  public final int translationCount() {
    return iotlb.count();
  }

  /** Drops all device entries. */
  public final void dropDeviceEntries() {
    deviceEntries.dropIf(place -> true);
  }

  /** Drops all translations. */
  public final void dropTranslations() {
    iotlb.clear();
  }

  /** Drops the translations of a domain. */
  public final void dropTranslations(int domainId) {
    iotlb.dropIf(key -> Iotlb.domainId(key) == domainId);
  }

  /**
   * Drops the translations of a domain that serve any of 2^{@code pagesOrder} pages.
   *
   * @param iova the first page, aligned to so many
   */
  public final void dropTranslations(int domainId, long iova, int pagesOrder) {
    int order = pagesOrder + geometry.granuleBits();
    long first = iova & ~BitField.lowMask(order);
    long last = first | BitField.lowMask(order);
    if (pagesOrder < Integer.SIZE - 1 && 1L << pagesOrder <= iotlb.count()) {
      for (long page = first; page - 1 != last; page += geometry.pageBytes()) {
        dropServing(domainId, page);
      }
    } else {
      iotlb.dropIf(key -> Iotlb.domainId(key) == domainId && overlaps(key, first, last));
    }
  }

  private void dropServing(int domainId, long iova) {
    for (int level = 1; level <= geometry.levels(); level++) {
      if (iotlb.holds(iova) && iotlb.hasLevel(level)) {
        iotlb.drop(iotlb.key(domainId, level, iova));
      }
    }
  }

  private boolean overlaps(long key, long first, long last) {
    long from = iotlb.iova(key);
    long to = geometry.lastOfEntry(from, Iotlb.level(key));
    return Long.compareUnsigned(from, last) <= 0 && Long.compareUnsigned(first, to) <= 0;
  }

  /** Remembers a device's entry, in the place of what was remembered for {@code source}. */
  public final void keepDeviceEntry(int source, long low, long high) {
    if (remembers) {
      deviceEntries.keep(source, low, high);
    }
  }

  /**
   * {@return what a request's way is reported to, so that the caches remember it}
   *
   * @param domainId the tag of what is remembered
   * @param absentToo true if the unit remembers entries that are not present
   * @param hears receives the way too
   */
  public final WalkSink sink(int domainId, boolean absentToo, WalkSink hears) {
    hears.domain(domainId);
    if (!remembers) {
      return hears;
    }
    return new WalkSink() {
      @Override
      public void entry(int level, long at, long entry) {
        hears.entry(level, at, entry);
      }

      @Override
      public void unreadable(long address) {
        hears.unreadable(address);
      }

      @Override
      public void leaf(long iova, int level, long page, Permissions permissions) {
        iotlb.put(domainId, level, iova, Iotlb.leaf(page, level, permissions));
      }

      @Override
      public void absent(long iova, int level) {
        if (absentToo) {
          iotlb.put(domainId, level, iova, Iotlb.ABSENT);
        }
      }
    };
  }

  /** {@return what is remembered of device tables} */
  public final DeviceEntryCache deviceEntries() {
    return deviceEntries;
  }

  /** {@return what is remembered of page tables} */
  public final Iotlb iotlb() {
    return iotlb;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UnitCaches that && Arrays.equals(words(), that.words());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words());
  }

  private long[] words() {
    LongStream.Builder words = LongStream.builder();
    visit(
        new Visitor() {
          @Override
          public void deviceEntry(RequesterId requester, long low, long high) {
            words.add(requester.value()).add(low).add(high);
          }

          @Override
          public void translation(int domainId, int level, long iova, long value) {
            words.add(iotlb.key(domainId, level, iova)).add(value);
          }
        });
    return words.build().toArray();
  }

  @Override
  public String toString() {
    return deviceEntryCount() + " deviceEntries and " + translationCount() + " translations cached";
  }
}
