// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;

/**
 * How the entries of one unit's page tables are read and made: what an entry is, where it leads,
 * which rights it leaves. Each vendor's entries are a subclass, and nothing else knows their bits.
 */
public abstract class EntryFormat {

  /** What an entry is to hardware. */
  public enum Kind {
    /** It maps nothing and leads nowhere. */
    EMPTY,
    /** It leads to a table. */
    TABLE,
    /** It maps a page. */
    LEAF,
    /** Requests that meet it are blocked, for a field is not as it must be. */
    WRONG,
    /** Hardware may take it for a leaf or block: manuals leave that open, or are not kept to. */
    UNSETTLED
  }

  private final Geometry geometry;
  private final long address;
  private final long highAddress;
  private final int highAddressShift;
  private final long judged;

  /**
   * @param geometry the shape of the largest trees of such entries
   * @param address the page or the next table
   * @param judged the bits that say of an entry of level 1 what it is and which rights it leaves
   */
  protected EntryFormat(Geometry geometry, BitField address, long judged) {
    this(geometry, address, 0, 0, judged);
  }

  /**
   * @param highAddress more bits of the address, that lie below those in {@code address}
   * @param highAddressShift by how many places they move up, to be above them
   */
  protected EntryFormat(
      Geometry geometry, BitField address, long highAddress, int highAddressShift, long judged) {
    this.geometry = geometry;
    this.address = address.mask();
    this.highAddress = highAddress;
    this.highAddressShift = highAddressShift;
    this.judged = judged | highAddress;
  }

  /** {@return what hardware takes {@code entry} for, which is in a table of {@code level}} */
  public abstract Kind kind(long entry, int level);

  /** {@return the rights that {@code entry} leaves of those above it; none where it is empty} */
  public abstract Permissions rights(long entry, int level);

  /** {@return the level of the table that {@code entry} leads to} */
  public int nextLevel(long entry, int level) {
    return level - 1;
  }

  /** {@return what is wrong with {@code entry}, or not settled} */
  public abstract Reason reason(long entry, int level);

  /** {@return how many bytes a leaf at {@code level} maps; more than an entry serves, if alike} */
  public long leafBytes(long entry, int level) {
    return geometry.entrySpanBytes(level);
  }

  /**
   * {@return true if all entries that serve the page of a leaf are like it} Where one page takes
   * several entries and they differ, hardware may use any of them.
   *
   * @param page the entries of the leaf's table
   * @param index which of them is the leaf
   */
  protected boolean isWhole(long[] page, int index, int level) {
    return true;
  }

  /** {@return true if an entry at {@code level} may map a page of the size that it serves} */
  public abstract boolean mayBeLeaf(int level);

  /**
   * {@return an entry at {@code level} that maps {@code iova} to a page of the size that it serves}
   */
  public abstract long leaf(long iova, long physical, int level, Permissions permissions);

  /** {@return an entry that leads to a table of level {@code nextLevel}, leaving all rights} */
  public abstract long table(long physical, int nextLevel);

  /** {@return the shape of the largest trees of such entries} */
  public final Geometry geometry() {
    return geometry;
  }

  /** {@return the address that {@code entry} holds} */
  public final long target(long entry) {
    return (entry & address) | (entry & highAddress) << highAddressShift;
  }

  /** {@return where a leaf at {@code level} leads {@code iova}} */
  public final long physical(long entry, int level, long iova) {
    long offset = leafBytes(entry, level) - 1;
    return (target(entry) & ~offset) | (iova & offset);
  }

  /**
   * {@return what entry {@code index} of {@code page} is, as far as the others go that it needs}
   */
  final Kind kind(long[] page, int index, int level) {
    Kind alone = kind(page[index], level);
    return alone == Kind.LEAF && !isWhole(page, index, level) ? Kind.UNSETTLED : alone;
  }

  /** {@return what is wrong with entry {@code index} of {@code page}, or not settled} */
  final Reason reason(long[] page, int index, int level) {
    long entry = page[index];
    return kind(entry, level) == Kind.LEAF
        ? Reason.of(TableFact.NOT_WHOLE, new Reason.Size(leafBytes(entry, level)))
        : reason(entry, level);
  }

  /**
   * {@return true if {@code entry}, at level 1, maps a page of the smallest size, whose address is
   * {@link #address} of it}
   */
  final boolean isPlainLeaf(long entry) {
    return kind(entry, 1) == Kind.LEAF
        && leafBytes(entry, 1) == geometry.pageBytes()
        && (entry & highAddress) == 0;
  }

  /** {@return where the address is in an entry, but for bits that lie below the others} */
  final long address() {
    return address;
  }

  /** {@return the bits that say of an entry of level 1 whether it is plain, and its rights} */
  final long judged() {
    return judged;
  }

  /**
   * {@return true if two entries of level 1 are alike beside the pages that they lead to} Between
   * two such, entries that each lead a page further than the one before carry out of no address.
   */
  final boolean areAlike(long entry, long other) {
    return ((entry ^ other) & (~address | judged)) == 0;
  }
}
