// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.crashlane.bits.BitField;
import org.crashlane.pci.RequesterId;

/**
 * What one unit remembers of the tables while it runs: the context cache and the IOTLB. Made by
 * whoever runs the machine, copied with it, one for each unit.
 *
 * <p>Nothing gives way to anything: an entry that was ever used serves until an invalidation names
 * it, whatever the tables say meanwhile. That is the most that a missing invalidation can spoil;
 * hardware forgets earlier. Entries above the leaves are not remembered by themselves: in a
 * driver's hands they do not change once they are there.
 */
public final class Caches {
  private static final BitField FUNCTION = BitField.bits("function", 2, 0);

  private final ContextCache contexts;
  private final Iotlb iotlb;

  /** Makes empty caches. */
  public Caches() {
    this(new ContextCache(), new Iotlb());
  }

  private Caches(ContextCache contexts, Iotlb iotlb) {
    this.contexts = contexts;
    this.iotlb = iotlb;
  }

  /** Who is told of all that is remembered. */
  public interface Visitor {

    /**
     * A context entry.
     *
     * @param low its first word; without P, there is no entry
     * @param high its second word; where there is no entry, the code of the fault
     */
    void context(RequesterId requester, long low, long high);

    /**
     * A second-level entry.
     *
     * @param domainId its tag
     * @param level 1 for 4 KiB, and so on
     * @param iova the first that it serves
     * @param value page and rights, as in a leaf; 0 if the entry was not present
     */
    void translation(int domainId, int level, long iova, long value);
  }

  /** Tells {@code visitor} all, in an order that depends on nothing but what there is. */
  public void visit(Visitor visitor) {
    for (int place = 0; place < contexts.count(); place++) {
      visitor.context(
          new RequesterId(contexts.source(place)), contexts.low(place), contexts.high(place));
    }
    for (long key : iotlb.sortedKeys()) {
      visitor.translation(Iotlb.domainId(key), Iotlb.level(key), Iotlb.iova(key), iotlb.get(key));
    }
  }

  /** {@return caches in the same state, that change by themselves} */
  public Caches fork() {
    return new Caches(contexts.fork(), iotlb.fork());
  }

  /** {@return how many context entries are remembered, those that are not there too} */
  public int contextCount() {
    return contexts.count();
  }

  /** {@return how many second-level entries are remembered} */
  public int translationCount() {
    return iotlb.count();
  }

  /** Drops all context entries. */
  public void dropContexts() {
    contexts.dropIf(place -> true);
  }

  /** Drops the context entries of a domain. */
  public void dropContexts(int domainId) {
    contexts.dropIf(place -> contexts.domainId(place) == domainId);
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
    contexts.dropIf(place ->
        contexts.domainId(place) == domainId
            && ((contexts.source(place) ^ requester.value()) & ~ignored) == 0);
  }

  /** Drops all translations. */
  public void dropTranslations() {
    iotlb.clear();
  }

  /** Drops the translations of a domain. */
  public void dropTranslations(int domainId) {
    iotlb.dropIf(key -> Iotlb.domainId(key) == domainId);
  }

  /**
   * Drops the translations of a domain that serve any of 2^{@code pagesOrder} pages.
   *
   * @param iova the first page, aligned to so many
   */
  public void dropTranslations(int domainId, long iova, int pagesOrder) {
    int order = pagesOrder + PageTable.PAGE_OFFSET.width();
    long first = iova & ~BitField.lowMask(order);
    long last = first | BitField.lowMask(order);
    if (pagesOrder < Integer.SIZE - 1 && 1L << pagesOrder <= iotlb.count()) {
      for (long page = first; page - 1 != last; page += PageTable.PAGE_BYTES) {
        dropServing(domainId, page);
      }
    } else {
      iotlb.dropIf(key -> Iotlb.domainId(key) == domainId && overlaps(key, first, last));
    }
  }

  private void dropServing(int domainId, long iova) {
    for (int level = 1; level <= PageTable.LEVELS_MAX; level++) {
      if (iotlb.hasLevel(level)) {
        iotlb.drop(Iotlb.key(domainId, level, iova));
      }
    }
  }

  private static boolean overlaps(long key, long first, long last) {
    long from = Iotlb.iova(key);
    long to = PageTable.lastOfEntry(from, Iotlb.level(key));
    return Long.compareUnsigned(from, last) <= 0 && Long.compareUnsigned(first, to) <= 0;
  }

  ContextCache contexts() {
    return contexts;
  }

  Iotlb iotlb() {
    return iotlb;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Caches that && Arrays.equals(words(), that.words());
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
          public void context(RequesterId requester, long low, long high) {
            words.add(requester.value()).add(low).add(high);
          }

          @Override
          public void translation(int domainId, int level, long iova, long value) {
            words.add(Iotlb.key(domainId, level, iova)).add(value);
          }
        });
    return words.build().toArray();
  }

  @Override
  public String toString() {
    return contextCount() + " contexts and " + translationCount() + " translations cached";
  }
}
