// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.iommu.ForwardingVisitor;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * The page that a kernel lets all entries lead to which serve no mapping, so that a stray request
 * is harmless (Linux: {@code gart_unmapped_entry}).
 *
 * @param address its physical address, below 2^40
 */
public record ScratchPage(long address) {

  public ScratchPage {
    Gpte.requireMappable(address);
  }

  /**
   * {@return the page that most of the entries of {@code table} lead to, if more than one does: in
   * a table that a kernel left, which cannot be asked, its scratch page} With no entry free there
   * is none to find, and a buffer that is mapped twice may be taken for it.
   */
  public static Optional<ScratchPage> likely(PhysicalMemory memory, FlatTable table) {
    LonePages lone = new LonePages(new HashMap<>());
    table.walk(memory, WalkLimits.DEFAULT, lone);
    return lone.counts().entrySet().stream()
        .filter(page -> page.getValue() > 1)
        .max(Map.Entry.<Long, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .map(page -> new ScratchPage(page.getKey()));
  }

  /** {@return the entry that leads to it} */
  public long entry() {
    return Gpte.encode(address);
  }

  /** {@return the IOVAs that entries of {@code table} lead to it, in rising order, joined} */
  public List<AddressRange> iovas(PhysicalMemory memory, FlatTable table) {
    IovasOfPage iovas = new IovasOfPage(address, new ArrayList<>());
    table.walk(memory, WalkLimits.DEFAULT, iovas);
    return List.copyOf(iovas.found());
  }

  /** {@return a visitor that passes on to {@code visitor} all but the mappings that lead here} */
  public WalkVisitor leftOut(WalkVisitor visitor) {
    return new WithoutPage(address, visitor);
  }

  /** {@return true if a run of pages to {@code first} and on includes {@code page}} */
  private static boolean runIncludes(long first, long sizeBytes, long page) {
    return Long.compareUnsigned(page - first, sizeBytes) < 0;
  }

  /** How often a page is alone: entries side by side that lead to one page do not run on. */
  private record LonePages(Map<Long, Integer> counts) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      if (iovaLast - iovaFirst < Gpte.PAGE_BYTES) {
        counts.merge(physicalFirst, 1, Integer::sum);
      }
    }

    @Override
    public void malformed(Malformation malformation) {
      // Where pages lead is asked, not what is wrong.
    }
  }

  private record IovasOfPage(long page, List<AddressRange> found) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      if (!runIncludes(physicalFirst, iovaLast - iovaFirst + 1, page)) {
        return;
      }
      long iova = iovaFirst + (page - physicalFirst);
      boolean runsOn = !found.isEmpty() && found.getLast().last() + 1 == iova;
      long first = runsOn ? found.removeLast().first() : iova;
      found.add(new AddressRange(first, iova + Gpte.PAGE_BYTES - 1));
    }

    @Override
    public void malformed(Malformation malformation) {
      // Where a page leads is asked, not what is wrong.
    }
  }

  private static final class WithoutPage extends ForwardingVisitor {
    private final long page;

    WithoutPage(long page, WalkVisitor visitor) {
      super(visitor);
      this.page = page;
    }

    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      if (!runIncludes(physicalFirst, iovaLast - iovaFirst + 1, page)) {
        visitor.mapping(iovaFirst, iovaLast, physicalFirst, permissions);
        return;
      }
      // A run through the page by chance: what is before it and behind it stays.
      long iova = iovaFirst + (page - physicalFirst);
      if (iova != iovaFirst) {
        visitor.mapping(iovaFirst, iova - 1, physicalFirst, permissions);
      }
      long behind = iova + Gpte.PAGE_BYTES;
      if (behind - 1 != iovaLast) {
        visitor.mapping(behind, iovaLast, page + Gpte.PAGE_BYTES, permissions);
      }
    }
  }
}
