// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.nio.ByteOrder;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.flat.FlatFormat;

/**
 * Translation control entry: 8 bytes, <em>big-endian in memory</em>, one for each 4 KiB page of I/O
 * space (Linux 2.6.27 include/asm-x86/tce.h, arch/x86/kernel/tce_64.c). There is no present bit: an
 * entry without R and W lets nothing pass, and 0 is a free one.
 *
 * <p>A {@code long} here is an entry with its bits in place, not a memory word: memory is read as
 * little-endian, so each passes through {@link #fromMemory} or {@link #toMemory} once.
 *
 * <p>Linux sets R in every entry it writes, whatever the direction, and W unless a device only
 * reads.
 */
public final class Tce {
  /** Size of an entry in bytes. */
  public static final int BYTES = Long.BYTES;

  /** Size of the page that an entry maps, in bytes. */
  public static final int PAGE_BYTES = 4096;

  /** An entry that is not in use. */
  public static final long FREE = 0;

  private static final Layout.Fields FIELDS = Layout.named("TCE");

  /** Reads pass. */
  public static final BitField R = FIELDS.bit("R", 0);

  /** Writes pass. */
  public static final BitField W = FIELDS.bit("W", 1);

  /** Hub id; not used by the chips that are known, and ignored. */
  static final BitField HUB_ID = FIELDS.bits("HUB_ID", 7, 2);

  static final BitField IGN_11_8 = FIELDS.bits("IGN_11_8", 11, 8);

  /** Real page number: the physical address of the page. */
  public static final BitField RPN = FIELDS.bits("RPN", 47, 12);

  /** Ignored. Linux leaves bit 48 set behind a run of pages that crosses 2^48. */
  static final BitField IGN_63_48 = FIELDS.bits("IGN_63_48", 63, 48);

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  private static final long HIGHEST = BitField.lowMask(RPN.high() + 1);
  private static final BitField PAGE_NUMBER = BitField.bits("I/O page number", 63, 12);

  /** What entries mean, to those who know flat tables alone. */
  public static final FlatFormat FORMAT = new Format();

  private Tce() {}

  /**
   * {@return an entry that leads to a page}
   *
   * @param physicalAddress of the page, a multiple of 4 KiB below 2^48
   * @throws IllegalArgumentException if an entry cannot hold the address
   */
  public static long of(long physicalAddress, Permissions permissions) {
    if (RPN.inPlace(physicalAddress) != physicalAddress) {
      throw new IllegalArgumentException(
          "not a page that a TCE can lead to: " + Hex.of(physicalAddress));
    }
    return physicalAddress | rights(permissions);
  }

  /** {@return the physical address of the page that {@code tce} leads to} */
  public static long target(long tce) {
    return RPN.inPlace(tce);
  }

  /** {@return what {@code tce} lets pass} */
  public static Permissions permissions(long tce) {
    return Permissions.of(R.isSet(tce), W.isSet(tce));
  }

  /** {@return {@code iova}'s place in its page, in bytes} */
  static long pageOffset(long iova) {
    return iova & ~PAGE_NUMBER.mask();
  }

  /** {@return the number of the I/O page that holds {@code iova}, which is its entry's index} */
  public static long index(long iova) {
    return PAGE_NUMBER.get(iova);
  }

  /** {@return the entry in a word as little-endian memory holds it} */
  public static long fromMemory(long word) {
    return Long.reverseBytes(word);
  }

  /** {@return the word for little-endian memory that puts {@code tce} there in big-endian bytes} */
  public static long toMemory(long tce) {
    return Long.reverseBytes(tce);
  }

  private static long rights(Permissions permissions) {
    return switch (permissions) {
      case NONE -> 0;
      case READ_ONLY -> R.mask();
      case WRITE_ONLY -> W.mask();
      case READ_WRITE -> R.mask() | W.mask();
    };
  }

  private static final class Format extends FlatFormat {
    Format() {
      super(BYTES, PAGE_BYTES, ByteOrder.BIG_ENDIAN);
    }

    /** An entry without a right is taken to be in use by Linux, and blocked by hardware. */
    @Override
    public Use use(long tce) {
      if (R.isSet(tce) || W.isSet(tce)) {
        return Use.MAPS;
      }
      return tce == Tce.FREE ? Use.FREE : Use.WRONG;
    }

    @Override
    public Reason wrong(long tce) {
      return Reason.of(Named.NO_RIGHT);
    }

    @Override
    public long target(long tce) {
      return Tce.target(tce);
    }

    @Override
    public Permissions permissions(long tce) {
      return Tce.permissions(tce);
    }

    @Override
    public boolean canGive(Permissions permissions) {
      return permissions != Permissions.NONE;
    }

    @Override
    public boolean canTarget(long first, long last) {
      return Long.compareUnsigned(first, last) <= 0 && Long.compareUnsigned(last, HIGHEST) <= 0;
    }

    @Override
    public long entry(long physical, Permissions permissions) {
      return of(physical, permissions);
    }
  }
}
