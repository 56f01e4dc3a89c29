// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.flat;

import java.nio.ByteOrder;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Permissions;

/**
 * What the entries of one vendor's flat tables mean. An entry is a {@code long} with its bits in
 * place, whatever its size and byte order in memory.
 */
public abstract class FlatFormat {
  private final int entryBytes;
  private final int pageBytes;
  private final ByteOrder order;

  /** What an entry does. */
  public enum Use {
    /** It maps nothing, and may be taken. */
    FREE,
    /** It maps a page. */
    MAPS,
    /** It maps a page though bits that should be zero are not: hardware is taken to ignore them. */
    MAPS_WITH_RESERVED_BITS,
    /** It is in use and maps nothing: hardware blocks the request. */
    WRONG
  }

  /**
   * @param entryBytes size of an entry in memory: 4 or 8
   * @param pageBytes how many bytes of IOVAs an entry maps, a power of two
   * @param order in which an entry's bytes are in memory
   */
  protected FlatFormat(int entryBytes, int pageBytes, ByteOrder order) {
    this.entryBytes = entryBytes;
    this.pageBytes = pageBytes;
    this.order = order;
  }

  /** {@return what {@code entry} does} */
  public abstract Use use(long entry);

  /** {@return what is wrong with an entry that has reserved bits set or is wrong} */
  public abstract Reason wrong(long entry);

  /** {@return the physical address of the page that {@code entry} leads to} */
  public abstract long target(long entry);

  /** {@return what {@code entry} allows} */
  public abstract Permissions permissions(long entry);

  /** {@return true if an entry can give {@code permissions}, no less and no more} */
  public abstract boolean canGive(Permissions permissions);

  /**
   * {@return true if entries can lead to all of {@code first} to {@code last}, both included}
   *
   * @param last below {@code first} where the range wraps around
   */
  public abstract boolean canTarget(long first, long last);

  /**
   * {@return an entry that leads to a page}
   *
   * @param physical where the page begins
   */
  public abstract long entry(long physical, Permissions permissions);

  /** {@return the size of an entry in bytes} */
  public final int entryBytes() {
    return entryBytes;
  }

  /** {@return how many bytes of IOVAs an entry maps} */
  public final int pageBytes() {
    return pageBytes;
  }

  /** {@return the entry in the bytes of {@code stored}, which were read as little-endian} */
  public final long fromMemory(long stored) {
    return order == ByteOrder.LITTLE_ENDIAN ? stored : reversed(stored);
  }

  /** {@return what little-endian memory has to hold for {@code entry}} */
  public final long toMemory(long entry) {
    return order == ByteOrder.LITTLE_ENDIAN ? entry : reversed(entry);
  }

  private long reversed(long entry) {
    return Long.reverseBytes(entry) >>> (Long.SIZE - entryBytes * Byte.SIZE);
  }
}
