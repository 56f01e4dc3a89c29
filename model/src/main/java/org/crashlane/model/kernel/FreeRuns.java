// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.model.hardware.Fingerprint;

/**
 * Which pages of a table are taken, a bit each, under a binary tree that knows of every aligned run
 * of words how many pages are free in a row: at its start, at its end, and at most. Finding a run
 * and changing one take a step for each level of the tree, however full the table is.
 */
final class FreeRuns {
  /** What is returned where nothing is found. */
  static final int NONE = -1;

  /** Set bits are taken; those behind the last page are. */
  private final long[] taken;

  /** How many pages are free from the start of an inner node; node 1 is the root. */
  private final int[] atStart;

  private final int[] atEnd;
  private final int[] longest;

  private FreeRuns(long[] taken, int[] atStart, int[] atEnd, int[] longest) {
    this.taken = taken;
    this.atStart = atStart;
    this.atEnd = atEnd;
    this.longest = longest;
  }

  /** {@return {@code pageCount} pages, at least 1, all free} */
  static FreeRuns of(int pageCount) {
    int words = (pageCount - 1) / Long.SIZE + 1;
    int leaves = words == 1 ? 1 : 2 * Integer.highestOneBit(words - 1);
    FreeRuns runs =
        new FreeRuns(new long[leaves], new int[leaves], new int[leaves], new int[leaves]);
    runs.update(0, leaves - 1);
    if (pageCount < leaves * Long.SIZE) {
      runs.set(pageCount, leaves * Long.SIZE - pageCount, true);
    }
    return runs;
  }

  /** {@return true if {@code page} is taken} */
  boolean isTaken(int page) {
    return (taken[page / Long.SIZE] >>> page & 1) != 0;
  }

  /**
   * Marks {@code count} pages from {@code first}.
   *
   * @return how many were not marked so before
   */
  int set(int first, int count, boolean asTaken) {
    int firstWord = first / Long.SIZE;
    int lastWord = (first + count - 1) / Long.SIZE;
    int changed = 0;
    for (int word = firstWord; word <= lastWord; word++) {
      long mask = word == firstWord ? -1L << first : -1;
      if (word == lastWord) {
        mask &= -1L >>> -(first + count);
      }
      long before = taken[word];
      taken[word] = asTaken ? before | mask : before & ~mask;
      changed += Long.bitCount(before ^ taken[word]);
    }
    update(firstWord, lastWord);
    return changed;
  }

  /** {@return the lowest page from {@code from} on with {@code count} free in a row, or NONE} */
  int find(int from, int count) {
    int word = from / Long.SIZE;
    if (word >= taken.length) {
      return NONE;
    }
    long head = taken[word] | ~(-1L << from);
    int inHead = inWord(head, count);
    return inHead == NONE
        ? findBehind(word, Long.numberOfLeadingZeros(head), count)
        : word * Long.SIZE + inHead;
  }

  /** Goes on behind {@code word}, the last {@code before} pages of which are free. */
  private int findBehind(int word, int before, int count) {
    int node = taken.length + word;
    int run = before;
    while (true) {
      while (isRight(node)) {
        node /= 2;
      }
      if (node == 0) {
        return NONE;
      }
      node++;
      if (run + atStart(node) >= count) {
        return firstPage(node) - run;
      }
      if (longest(node) >= count) {
        return findIn(node, count);
      }
      run = atEnd(node) == pageCount(node) ? run + pageCount(node) : atEnd(node);
    }
  }

  /** {@return the lowest page of {@code node}, which has such a run} */
  private int findIn(int node, int count) {
    int at = node;
    while (at < taken.length) {
      int left = 2 * at;
      int right = left + 1;
      if (longest(left) >= count) {
        at = left;
      } else if (atEnd(left) + atStart(right) >= count) {
        return firstPage(right) - atEnd(left);
      } else {
        at = right;
      }
    }
    return firstPage(at) + inWord(taken[at - taken.length], count);
  }

  /** {@return the lowest bit of {@code word} with {@code count} clear ones in a row, or NONE} */
  private static int inWord(long word, int count) {
    if (count > Long.SIZE) {
      return NONE;
    }
    long starts = ~word;
    for (int length = 1; length < count && starts != 0; ) {
      int step = Math.min(length, count - length);
      starts &= starts >>> step;
      length += step;
    }
    return starts == 0 ? NONE : Long.numberOfTrailingZeros(starts);
  }

  /** Makes the tree agree with the words; stops where nothing has changed. */
  private void update(int firstWord, int lastWord) {
    int first = (taken.length + firstWord) / 2;
    int last = (taken.length + lastWord) / 2;
    for (boolean changed = true; changed && first > 0; first /= 2, last /= 2) {
      changed = false;
      for (int node = first; node <= last; node++) {
        changed |= join(node);
      }
    }
  }

  private boolean join(int node) {
    int left = 2 * node;
    int right = left + 1;
    int half = pageCount(left);
    int newStart = atStart(left) == half ? half + atStart(right) : atStart(left);
    int newEnd = atEnd(right) == half ? half + atEnd(left) : atEnd(right);
    int newLongest =
        Math.max(atEnd(left) + atStart(right), Math.max(longest(left), longest(right)));
    boolean changed =
        newStart != atStart[node] || newEnd != atEnd[node] || newLongest != longest[node];
    atStart[node] = newStart;
    atEnd[node] = newEnd;
    longest[node] = newLongest;
    return changed;
  }

  private int atStart(int node) {
    return node < taken.length
        ? atStart[node]
        : Long.numberOfTrailingZeros(taken[node - taken.length]);
  }

  private int atEnd(int node) {
    return node < taken.length
        ? atEnd[node]
        : Long.numberOfLeadingZeros(taken[node - taken.length]);
  }

  private int longest(int node) {
    if (node < taken.length) {
      return longest[node];
    }
    long free = ~taken[node - taken.length];
    int count = 0;
    for (long starts = free; starts != 0; starts &= starts >>> 1) {
      count++;
    }
    return count;
  }

  private int pageCount(int node) {
    return taken.length / Integer.highestOneBit(node) * Long.SIZE;
  }

  private int firstPage(int node) {
    return (node - Integer.highestOneBit(node)) * pageCount(node);
  }

  private static boolean isRight(int node) {
    return (node & 1) != 0;
  }

  /** {@return the same, changing by itself} */
  FreeRuns fork() {
    return new FreeRuns(taken.clone(), atStart.clone(), atEnd.clone(), longest.clone());
  }

  /** Adds which pages are taken: the tree follows from that. */
  void addTo(Fingerprint into) {
    for (int word = 0; word < taken.length; word++) {
      if (taken[word] != 0) {
        into.add(word);
        into.add(taken[word]);
      }
    }
    into.add(taken.length);
  }
}
