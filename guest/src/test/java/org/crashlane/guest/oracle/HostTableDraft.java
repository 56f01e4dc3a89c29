// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.ABOVE_MEMORY;
import static org.crashlane.guest.oracle.CaseDraft.OFTEN;
import static org.crashlane.guest.oracle.CaseDraft.OUTSIDE_RAM;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;

import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.amdvi.PageTableEntry;

/**
 * Host page tables of AMD-Vi for a draft: mostly sound ones, so that walks get far, with now and
 * then a flaw at any step of the way.
 *
 * <p>Each table is at a lower address than the one that points to it, whatever levels the entries
 * say. QEMU would go round a circle of tables for ever.
 */
final class HostTableDraft {
  private static final int LARGE_PAGE_CHANCE = 15;
  private static final int SIZED_PAGE_CHANCE = 25;
  private static final int SKIP_CHANCE = 15;
  private static final int CLEARED_CHANCE = 70;
  private static final int WHOLE_CHANCE = 70;

  /** What neither says where the walk goes on, nor whether. */
  private static final long OTHER_BITS =
      ~(PageTableEntry.PR.mask()
          | PageTableEntry.NEXT_LEVEL.mask()
          | PageTableEntry.ADDR.mask()
          | PageTableEntry.IR.mask()
          | PageTableEntry.IW.mask());

  /** Sizes that a leaf's address can code, as powers of two. */
  private static final int SIZE_ORDER_MIN = 13;

  private static final int SIZE_ORDER_MAX = 52;
  private static final int LEVELS = PageTableEntry.LARGEST.levels();

  private final Dice dice;
  private final CaseDraft draft;

  HostTableDraft(Dice dice, CaseDraft draft) {
    this.dice = dice;
    this.draft = draft;
  }

  /** {@return the page of a level's table; those of the device table are behind them} */
  static long tablePage(int level) {
    return CaseDraft.page(level - 1);
  }

  /** Puts the tables for the address, from the top one down to a leaf. */
  void put(int levels) {
    int level = levels;
    for (int page = levels; ; ) {
      boolean leaf = level == 1 || page == 1 || dice.chance(LARGE_PAGE_CHANCE);
      int next = leaf ? 0 : nextLevel(level);
      skip(level, next);
      int nextPage = Math.min(page - 1, Math.max(next, 1));
      long entry = leaf ? leaf(level) : PageTableEntry.table(tablePage(nextPage), next);
      long flawed = flawed(entry);
      draft.put(draft.entryAddress(tablePage(page), level), flawed);
      if (leaf) {
        putAlike(tablePage(page), level, flawed);
        return;
      }
      level = next;
      page = nextPage;
    }
  }

  /** A page that takes several entries has them all alike, mostly: only then it is certain. */
  private void putAlike(long table, int level, long leaf) {
    boolean sized = PageTableEntry.NEXT_LEVEL.get(leaf) == PageTableEntry.NEXT_LEVEL_SIZED_PAGE;
    if (!sized || !dice.chance(WHOLE_CHANCE)) {
      return;
    }
    long bytes = PageTableEntry.sizeBytes(PageTableEntry.ADDR.inPlace(leaf));
    long count = bytes / PageTableEntry.LARGEST.entrySpanBytes(level);
    if (count <= PageTableEntry.LARGEST.entryCount(1)) {
      int first = PageTableEntry.LARGEST.index(draft.iova(), level) & (int) -count;
      for (int i = 0; i < count; i++) {
        draft.put(Geometry.entryAddress(table, first + i), leaf);
      }
    }
  }

  /** The level below, often one further down, and now and then one that is not below. */
  private int nextLevel(int level) {
    if (dice.chance(RARELY)) {
      return level + dice.below(LEVELS - level + 1);
    }
    return dice.chance(SKIP_CHANCE) ? 1 + dice.below(level - 1) : level - 1;
  }

  /** Clears, often, the bits of the address that no level translates. */
  private void skip(int level, int next) {
    if (next > 0 && next < level - 1 && dice.chance(CLEARED_CHANCE)) {
      long skipped =
          PageTableEntry.LARGEST.entrySpanBytes(level)
              - PageTableEntry.LARGEST.entrySpanBytes(next + 1);
      draft.moveTo(draft.iova() & ~skipped);
    }
  }

  private long leaf(int level) {
    if (!dice.chance(SIZED_PAGE_CHANCE)) {
      long target = draft.targetPage(PageTableEntry.LARGEST.entrySpanBytes(level));
      long page = dice.chance(RARELY) ? OUTSIDE_RAM : target;
      return PageTableEntry.leaf(page, Permissions.READ_WRITE);
    }
    int order =
        dice.chance(RARELY)
            ? SIZE_ORDER_MIN + dice.below(SIZE_ORDER_MAX - SIZE_ORDER_MIN + 1)
            : fittingOrder(level);
    long sizeBytes = 1L << order;
    return PageTableEntry.sizedLeaf(draft.targetPage(sizeBytes), sizeBytes, Permissions.READ_WRITE);
  }

  /** A size between the level's own and the next one's, if there is a code for it. */
  private int fittingOrder(int level) {
    int own = Long.numberOfTrailingZeros(PageTableEntry.LARGEST.entrySpanBytes(level));
    int order = own + 1 + dice.below(PageTableEntry.LARGEST.addressBits(level) - own - 1);
    return Math.min(order, SIZE_ORDER_MAX);
  }

  private long flawed(long entry) {
    long flawed = dice.chance(OFTEN) ? entry : PageTableEntry.PR.with(entry, 0);
    flawed |= dice.noise(1, ABOVE_MEMORY & PageTableEntry.ADDR.mask());
    return draft.withRights(flawed, PageTableEntry.IR, PageTableEntry.IW)
        | dice.noise(RARELY, OTHER_BITS);
  }
}
