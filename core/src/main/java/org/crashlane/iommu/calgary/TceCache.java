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

  /** Receives what is kept. */
  @FunctionalInterface
  public interface Visitor {
    /** One entry, in rising order. */
    void entry(int index, long tce);
  }

  private final boolean keeping;

  /** Entries in groups of {@link #GROUP_ENTRY_COUNT}; a group of which none is kept is empty. */
  private long[][] groups;

  /** True while a copy has the same groups: whoever changes them takes groups of its own first. */
  private boolean shared;

  private TceCache(boolean keeping, long[][] groups, boolean shared) {
    this.keeping = keeping;
    this.groups = groups;
    this.shared = shared;
  }

  /** {@return a cache that keeps all it is given} */
  public static TceCache unbounded() {
    return new TceCache(true, new long[0][], false);
  }

  /** {@return a cache that keeps nothing: every change of the table is seen} */
  public static TceCache none() {
    return new TceCache(false, new long[0][], false);
  }

  /** {@return a cache in the same state, that changes by itself} */
  public TceCache copy() {
    shared = true;
    return new TceCache(keeping, groups, true);
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
    ownGroups();
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

  private void ownGroups() {
    if (!shared) {
      return;
    }
    groups = groups.clone();
    for (int i = 0; i < groups.length; i++) {
      if (groups[i].length != 0) {
        groups[i] = groups[i].clone();
      }
    }
    shared = false;
  }

  /** Drops all that is kept. */
  void empty() {
    groups = new long[0][];
    shared = false;
  }
}
