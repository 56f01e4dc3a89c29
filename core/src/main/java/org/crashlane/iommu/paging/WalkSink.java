// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.Term;
import org.crashlane.iommu.Permissions;

/** Receives what a unit reads and finds on a request's way through its tables, in order. */
public interface WalkSink {
  /** Ignores all. */
  WalkSink NONE = new WalkSink() {};

  /**
   * An entry of the tables that say where a device goes.
   *
   * @param what its name in the manual
   * @param at its physical address
   * @param low its first word
   * @param high its second word
   */
  default void deviceEntry(Term what, long at, long low, long high) {}

  /** The device is translated, its cached translations tagged with {@code domainId}. */
  default void domain(int domainId) {}

  /** An entry of a page table at {@code level}, read at {@code at}. */
  default void entry(int level, long at, long entry) {}

  /** There is no memory at {@code address}, where a table should be. */
  default void unreadable(long address) {}

  /**
   * An entry at {@code level} maps {@code page}: all that the entry itself serves, be it a whole
   * page or a part of one.
   *
   * @param permissions those that all levels leave
   */
  default void leaf(long iova, int level, long page, Permissions permissions) {}

  /** The entry at {@code level} is not present. */
  default void absent(long iova, int level) {}
}
