// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.Arrays;

/**
 * The entries that one PHB has read and keeps. A kept entry serves until TAR is written, whatever
 * the table says meanwhile.
 *
 * <p>How many entries the chips keep, and whether free ones are among them, is not known: here
 * either every entry ever used is kept, the most that a missing flush can spoil, or none; and an
 * entry that lets nothing pass never is.
 */
public final class TceCache {
  private static final int GROUP_ENTRY_COUNT = Long.SIZE;
  private static final long[] NOTHING_KEPT = {};

  /** Who is told what is kept. */
  @FunctionalInterface
  public interface Visitor {
    /** One entry, in rising order. */
    void entry(int index, long tce);
  }

  private final boolean keeping;

  /** Entries in groups of {@link #GROUP_ENTRY_COUNT}; a group of which none is kept is empty. */
  private long[][] groups;

  private TceCache(boolean keeping, long[][] groups) {
    this.keeping = keeping;
    this.groups = groups;
  }

  /** {@return a cache that keeps all it is given} */
  public static TceCache unbounded() {
    return new TceCache(true, new long[0][]);
  }

  /** {@return a cache that keeps nothing: every change of the table is seen} */
  public static TceCache none() {
    return new TceCache(false, new long[0][]);
  }

  /** {@return a cache in the same state, that changes by itself} */
  public TceCache copy() {
    long[][] copies = groups.clone();
    for (int i = 0; i < copies.length; i++) {
      if (copies[i].length != 0) {
        copies[i] = copies[i].clone();
      }
    }
    return new TceCache(keeping, copies);
  }

  /** {@return the entry kept for page {@code index}, or {@link Tce#FREE} if none is} */
  public long kept(int index) {
    int group = index / GROUP_ENTRY_COUNT;
    if (group >= groups.length || groups[group].length == 0) {
      return Tce.FREE;
    }
    return groups[group][index % GROUP_ENTRY_COUNT];
  }

  /** Tells {@code visitor} all that is kept. */
  public void forEach(Visitor visitor) {
    for (int group = 0; group < groups.length; group++) {
      for (int i = 0; i < groups[group].length; i++) {
        if (groups[group][i] != Tce.FREE) {
          visitor.entry(group * GROUP_ENTRY_COUNT + i, groups[group][i]);
        }
      }
    }
  }

  /** Keeps {@code tce} for page {@code index} of a table of {@code size}. */
  void keep(int index, long tce, TableSize size) {
    if (!keeping) {
      return;
    }
    if (groups.length == 0) {
      groups = new long[size.entryCount() / GROUP_ENTRY_COUNT][];
      Arrays.fill(groups, NOTHING_KEPT);
    }
    int group = index / GROUP_ENTRY_COUNT;
    if (groups[group].length == 0) {
      groups[group] = new long[GROUP_ENTRY_COUNT];
    }
    groups[group][index % GROUP_ENTRY_COUNT] = tce;
  }

  /** Drops all that is kept. */
  void empty() {
    groups = new long[0][];
  }
}
