// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;

/**
 * How the entries of one unit's page tables are read and made: which bits say present, which are
 * rights, which must be zero, which entries map pages. Each vendor's entries are a subclass; what a
 * walk asks for each leaf is answered here, by masks alone.
 */
public abstract class EntryFormat {
  private final BitField read;
  private final BitField write;
  private final long rights;
  private final long present;
  private final long address;
  private final long notPlain;

  /**
   * @param read the right to read
   * @param write the right to write
   * @param present an entry without any of these bits is none
   * @param address the page or the next table
   * @param notPlain bits that are zero in every entry of level 1 that maps a page of 4 KiB; one
   *     with any of them set is wrong, or something else than that
   */
  protected EntryFormat(
      BitField read, BitField write, long present, BitField address, long notPlain) {
    this.read = read;
    this.write = write;
    this.rights = read.mask() | write.mask();
    this.present = present;
    this.address = address.mask();
    this.notPlain = notPlain;
  }

  /** {@return the level of the table that {@code entry} leads to, or 0 if it maps a page} */
  public abstract int nextLevel(long entry, int level);

  /** {@return the bits of {@code entry} that are one and may not be} */
  public abstract long reservedBits(long entry, int level);

  /**
   * {@return the bits of a leaf that are one, and of which it is not known whether hardware ignores
   * them or faults}
   */
  public long unsettledBits(long entry, int level) {
    return 0;
  }

  /** {@return how many bytes a leaf at {@code level} maps; more than an entry serves, if alike} */
  public long leafBytes(long entry, int level) {
    return PageTable.entrySpanBytes(level);
  }

  /**
   * {@return true if all entries that serve the page of a leaf are like it} Where one page takes
   * several entries and they differ, hardware may go by any of them.
   *
   * @param page the entries of the leaf's table
   * @param index which of them is the leaf
   */
  public boolean isWhole(long[] page, int index, int level) {
    return true;
  }

  /** {@return where a leaf at {@code level} leads {@code iova}} */
  public long physical(long entry, int level, long iova) {
    long offset = leafBytes(entry, level) - 1;
    return (target(entry) & ~offset) | (iova & offset);
  }

  /** {@return true if an entry at {@code level} may map a page of the size that it serves} */
  public abstract boolean mayBeLeaf(int level);

  /**
   * {@return an entry at {@code level} that maps {@code iova} to a page of the size that it serves}
   */
  public abstract long leaf(long iova, long physical, int level, Permissions permissions);

  /** {@return an entry that leads to a table of level {@code nextLevel}, leaving all rights} */
  public abstract long table(long physical, int nextLevel);

  /** {@return what {@link #reservedBits} means, in words} */
  public String wrong(long entry, int level) {
    return "reserved bits set at level " + level + ": " + Hex.of(reservedBits(entry, level));
  }

  /** {@return what {@link #unsettledBits} means, in words} */
  public String unsettled(long entry, int level) {
    return "bits set at level %d that hardware may ignore or fault on: %s"
        .formatted(level, Hex.of(unsettledBits(entry, level)));
  }

  /** {@return true if hardware goes by {@code entry} at all} */
  public final boolean isPresent(long entry) {
    return (entry & present) != 0;
  }

  /** {@return true if {@code entry} maps a page; what is no leaf points to a table} */
  public final boolean isLeaf(long entry, int level) {
    return nextLevel(entry, level) == 0;
  }

  /** {@return the address that {@code entry} holds} */
  public final long target(long entry) {
    return entry & address;
  }

  /** {@return the rights that {@code entry} leaves of {@code rightsAbove}} */
  public final long rights(long entry, long rightsAbove) {
    return entry & rightsAbove & rights;
  }

  /** {@return all rights} */
  public final long allRights() {
    return rights;
  }

  /** {@return the bits that stand for {@code permissions}} */
  public final long rights(Permissions permissions) {
    return switch (permissions) {
      case NONE -> 0;
      case READ_ONLY -> read.mask();
      case WRITE_ONLY -> write.mask();
      case READ_WRITE -> rights;
    };
  }

  /** {@return what the bits {@code rights} stand for} */
  public final Permissions permissions(long rights) {
    return Permissions.of(read.isSet(rights), write.isSet(rights));
  }

  /** {@return the rights that a plain leaf at level 1 leaves; 0 if it maps nothing, or is none} */
  final long leafRights(long entry, long rightsAbove) {
    return isPresent(entry) && (entry & notPlain) == 0 ? rights(entry, rightsAbove) : 0;
  }

  /** {@return true if an entry at level 1 gives rights, but not as a plain leaf does} */
  final boolean isOdd(long entry, long rightsAbove) {
    return (entry & notPlain) != 0 && isPresent(entry) && rights(entry, rightsAbove) != 0;
  }

  /** {@return the bits that {@link #leafRights} and {@link #isOdd} go by} */
  final long judgedInLeaf(long rightsAbove) {
    // Where the rights themselves say present, those that the levels above withhold do not count.
    return rightsAbove | notPlain | (present & ~rights);
  }

  /** {@return true if all entries of {@code page}, a table of level 1, map page after page} */
  final boolean isOneLeafRun(long[] page, long rightsAbove) {
    long first = page[0];
    long last = page[PageTable.ENTRY_COUNT - 1];
    // Ends alike beside their pages: no entry between them carries out of the address.
    return leafRights(first, rightsAbove) != 0
        && ((first ^ last) & (~address | notPlain)) == 0
        && LeafRun.fills(page);
  }
}
