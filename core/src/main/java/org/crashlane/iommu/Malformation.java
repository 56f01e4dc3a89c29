// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;

/**
 * Something in a table that hardware would fault on, that walks in circles, or that could not be
 * read. A walk goes on behind it.
 *
 * @param entryAddress physical address of the entry
 * @param raw its value, 0 where it could not be read
 * @param iova first IOVA that the entry serves
 * @param iovaLast last IOVA that it may serve
 * @param kind what kind of thing
 * @param reason what is wrong
 */
public record Malformation(
    long entryAddress, long raw, long iova, long iovaLast, Kind kind, Reason reason) {

  /** What is wrong with the device tables touches every IOVA. */
  public Malformation(long entryAddress, long raw, long iova, Kind kind, Reason reason) {
    this(entryAddress, raw, iova, -1L, kind, reason);
  }

  /** {@return true if what lies behind the entry may serve an address of {@code range}} */
  public boolean mayServe(AddressRange range) {
    return new AddressRange(iova, iovaLast).overlaps(range);
  }

  /**
   * {@return true if it is not known what the entry leads to: it could not be looked at, or
   * hardware may take it in more than one way}
   */
  public boolean isUnread() {
    return switch (kind) {
      case UNREADABLE, BOUND, UNSETTLED -> true;
      case RESERVED, CYCLE -> false;
    };
  }

  /** Kinds of malformation. */
  public enum Kind {
    /** A reserved field is not zero. */
    RESERVED,
    /** The entry points to a table that is already on the way here. */
    CYCLE,
    /** The table has been visited as often as the bound allows. */
    BOUND,
    /** The table that the entry points to is not readable. */
    UNREADABLE,
    /** Hardware may use the entry or fault on it: manuals leave that open, or are not kept to. */
    UNSETTLED
  }
}
