// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import java.util.Arrays;
import org.crashlane.bits.BitField;
import org.crashlane.model.hardware.Fingerprint;

/**
 * A set of taken pages as a tree that never changes: taking and giving back make a new tree that
 * shares all but one way down with the old one, so a copy costs nothing. Equal sets are equal trees
 * with equal digests, in whatever order they came about.
 *
 * <p>Every node knows the largest free block below it that is aligned to its own size, so that the
 * highest one of a size is found in one way down, however full the tree is.
 */
abstract sealed class BuddyTree {
  /** No page of it is taken. */
  static final BuddyTree FREE = new Uniform(true);

  /** All pages of it are taken. */
  static final BuddyTree FULL = new Uniform(false);

  /** No page was found; also the order of a free block that there is not. */
  static final int NONE = -1;

  private static final int WORD_ORDER = 6;
  private static final int FANOUT_ORDER = 4;
  private static final int FANOUT = 1 << FANOUT_ORDER;

  /** By order: the bits at which aligned blocks of that order begin. */
  private static final long[] STARTS = new long[WORD_ORDER + 1];

  static {
    for (int order = 0; order <= WORD_ORDER; order++) {
      STARTS[order] = Long.divideUnsigned(-1L, BitField.lowMask(1 << order));
    }
  }

  private static final class Uniform extends BuddyTree {
    private final boolean free;

    Uniform(boolean free) {
      this.free = free;
    }
  }

  /** 64 pages; a one is a taken page. */
  private static final class Word extends BuddyTree {
    private final long taken;
    private final int freeOrder;

    Word(long taken) {
      this.taken = taken;
      this.freeOrder = largestOrder(~taken);
    }
  }

  private static final class Branch extends BuddyTree {
    private final BuddyTree[] children;
    private final long freeChildren;
    private final int freeOrder;
    private final long digest;

    Branch(BuddyTree[] children, int height) {
      this.children = children;
      long free = 0;
      int order = NONE;
      long sum = 0;
      for (int i = 0; i < FANOUT; i++) {
        free |= children[i] == FREE ? 1L << i : 0;
        order = Math.max(order, freeOrder(children[i], height - 1));
        sum = Fingerprint.mix(sum + digest(children[i]));
      }
      this.freeChildren = free;
      this.freeOrder = free == 0 ? order : Math.max(order, order(height - 1) + largestOrder(free));
      this.digest = sum;
    }
  }

  /** {@return how high a tree has to be for {@code pageCount} pages} */
  static int heightFor(long pageCount) {
    int height = 0;
    while (1L << order(height) < pageCount) {
      height++;
    }
    return height;
  }

  /** {@return 64 bits that stand for the set} */
  static long digest(BuddyTree node) {
    return switch (node) {
      case Uniform uniform -> uniform.free ? 1 : 2;
      case Word word -> Fingerprint.mix(word.taken);
      case Branch branch -> branch.digest;
    };
  }

  static boolean isTaken(BuddyTree node, int height, long page) {
    return switch (node) {
      case Uniform uniform -> !uniform.free;
      case Word word -> (word.taken >>> page & 1) != 0;
      case Branch branch ->
          isTaken(
              branch.children[(int) (page >>> order(height - 1))],
              height - 1,
              page & BitField.lowMask(order(height - 1)));
    };
  }

  /**
   * {@return the first page of the highest free block of 2^{@code order} pages, aligned to its
   * size, with no page above {@code limit}; or {@link #NONE}}
   */
  static long highest(BuddyTree node, int height, int order, long limit) {
    if (limit < 0 || freeOrder(node, height) < order) {
      return NONE;
    }
    return switch (node) {
      case Uniform _ -> highestStart(order, Math.min(limit, (1L << order(height)) - 1));
      case Word word -> highestIn(startsOf(~word.taken, order), order, limit);
      case Branch branch -> highestBelow(branch, height, order, limit);
    };
  }

  private static long highestBelow(Branch branch, int height, int order, long limit) {
    int childOrder = order(height - 1);
    if (order >= childOrder) {
      int inChildren = order - childOrder;
      long lastChild = ((limit + 1) >>> childOrder) - 1;
      long found = highestIn(startsOf(branch.freeChildren, inChildren), inChildren, lastChild);
      return found == NONE ? NONE : found << childOrder;
    }
    int from = (int) Math.min(limit >>> childOrder, FANOUT - 1);
    for (int i = from; i >= 0; i--) {
      long first = (long) i << childOrder;
      long found = highest(branch.children[i], height - 1, order, limit - first);
      if (found != NONE) {
        return first + found;
      }
    }
    return NONE;
  }

  /** {@return the tree with the pages from {@code first} to {@code last} taken, or free} */
  static BuddyTree with(BuddyTree node, int height, long first, long last, boolean taken) {
    BuddyTree whole = taken ? FULL : FREE;
    if (node == whole || (first == 0 && last == (1L << order(height)) - 1)) {
      return whole;
    }
    if (height == 0) {
      return word(node, BitField.lowMask((int) (last - first + 1)) << first, taken);
    }
    int childOrder = order(height - 1);
    BuddyTree[] children = children(node);
    for (int i = (int) (first >>> childOrder); i <= (int) (last >>> childOrder); i++) {
      long base = (long) i << childOrder;
      long from = Math.max(first - base, 0);
      long to = Math.min(last - base, (1L << childOrder) - 1);
      children[i] = with(children[i], height - 1, from, to, taken);
    }
    return uniform(children) ? children[0] : new Branch(children, height);
  }

  private static BuddyTree word(BuddyTree node, long pages, boolean taken) {
    long before =
        switch (node) {
          case Uniform uniform -> uniform.free ? 0 : -1L;
          case Word word -> word.taken;
          case Branch _ -> throw new IllegalStateException("a branch where pages are");
        };
    long after = taken ? before | pages : before & ~pages;
    if (after == 0) {
      return FREE;
    }
    return after == -1L ? FULL : new Word(after);
  }

  private static BuddyTree[] children(BuddyTree node) {
    return switch (node) {
      case Branch branch -> branch.children.clone();
      case Uniform _ -> {
        BuddyTree[] children = new BuddyTree[FANOUT];
        Arrays.fill(children, node);
        yield children;
      }
      case Word _ -> throw new IllegalStateException("pages where a branch is");
    };
  }

  private static boolean uniform(BuddyTree[] children) {
    BuddyTree first = children[0];
    if (!(first instanceof Uniform)) {
      return false;
    }
    for (BuddyTree child : children) {
      if (child != first) {
        return false;
      }
    }
    return true;
  }

  private static int order(int height) {
    return WORD_ORDER + FANOUT_ORDER * height;
  }

  private static int freeOrder(BuddyTree node, int height) {
    return switch (node) {
      case Uniform uniform -> uniform.free ? order(height) : NONE;
      case Word word -> word.freeOrder;
      case Branch branch -> branch.freeOrder;
    };
  }

  /** {@return the order of the largest aligned run of ones; of no ones, {@link #NONE}} */
  private static int largestOrder(long ones) {
    int order = NONE;
    long starts = ones;
    while (starts != 0) {
      order++;
      starts = order == WORD_ORDER ? 0 : pairs(starts, order);
    }
    return order;
  }

  /** {@return where aligned runs of 2^{@code order} ones begin} */
  private static long startsOf(long ones, int order) {
    long starts = ones;
    for (int below = 0; below < order; below++) {
      starts = pairs(starts, below);
    }
    return starts;
  }

  private static long pairs(long starts, int order) {
    return starts & (starts >>> (1 << order)) & STARTS[order + 1];
  }

  private static long highestIn(long starts, int order, long limit) {
    long last = highestStart(order, Math.min(limit, Long.SIZE - 1));
    if (last == NONE) {
      return NONE;
    }
    long below = starts & BitField.lowMask((int) last + 1);
    return below == 0 ? NONE : Long.SIZE - 1 - Long.numberOfLeadingZeros(below);
  }

  /** {@return where the last aligned block begins that ends by {@code limit}, or {@link #NONE}} */
  private static long highestStart(int order, long limit) {
    return Math.max(NONE, (limit + 1 - (1L << order)) & -(1L << order));
  }
}
