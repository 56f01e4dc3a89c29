// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.crashlane.bits.Hex;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * How the pages of a dump compare with the same pages as they were taken elsewhere.
 *
 * <p>Pages of zeros are counted apart: an untouched disk is full of them, so that two being equal
 * proves little.
 *
 * @param equalCount pages with the same bytes that are not all zeros
 * @param equalZeroCount pages that are all zeros on both sides
 * @param differentCount pages with different bytes
 * @param absentCount pages that the dump does not hold, or not whole
 * @param firstDifferent physical addresses of the first different pages, at most {@link
 *     #SHOWN_COUNT}, in the order compared
 * @param firstAbsent likewise of the absent ones
 */
public record PageComparison(
    long equalCount,
    long equalZeroCount,
    long differentCount,
    long absentCount,
    List<Long> firstDifferent,
    List<Long> firstAbsent) {
  /** How many addresses are kept of each kind. */
  public static final int SHOWN_COUNT = 8;

  public PageComparison {
    firstDifferent = List.copyOf(firstDifferent);
    firstAbsent = List.copyOf(firstAbsent);
  }

  /**
   * Compares pages that were copied at some time.
   *
   * @param copies by physical address, the bytes from there on, each copy of its own length
   */
  public static PageComparison of(PhysicalMemory dump, Map<Long, byte[]> copies) {
    Tally tally = new Tally();
    copies.forEach((address, copy) -> tally.add(dump, address, copy, new byte[copy.length]));
    return tally.result();
  }

  /**
   * Compares pages with another memory, which must hold all of them.
   *
   * @param addresses physical addresses of the pages
   * @param pageBytes size of a page in bytes
   * @throws UnreadableMemoryException if {@code reference} does not hold a page
   */
  public static PageComparison of(
      PhysicalMemory dump, PhysicalMemory reference, Iterable<Long> addresses, int pageBytes) {
    Tally tally = new Tally();
    byte[] wanted = new byte[pageBytes];
    byte[] found = new byte[pageBytes];
    for (long address : addresses) {
      reference.read(address, wanted, 0, pageBytes);
      tally.add(dump, address, wanted, found);
    }
    return tally.result();
  }

  /** {@return how many pages the dump holds of those asked for} */
  public long comparedCount() {
    return equalCount + equalZeroCount + differentCount;
  }

  @Override
  public String toString() {
    return "%d pages compared: %d equal, %d equal and zeros, %d different%s; %d not in the dump%s"
        .formatted(
            comparedCount(),
            equalCount,
            equalZeroCount,
            differentCount,
            shown(firstDifferent),
            absentCount,
            shown(firstAbsent));
  }

  private static String shown(List<Long> addresses) {
    return addresses.isEmpty()
        ? ""
        : " (first at %s)".formatted(String.join(", ", addresses.stream().map(Hex::of).toList()));
  }

  /** The counts while they grow. */
  private static final class Tally {
    private long equalCount;
    private long equalZeroCount;
    private long differentCount;
    private long absentCount;
    private final List<Long> firstDifferent = new ArrayList<>();
    private final List<Long> firstAbsent = new ArrayList<>();

    void add(PhysicalMemory dump, long address, byte[] wanted, byte[] found) {
      if (!isRead(dump, address, found)) {
        absentCount++;
        keep(firstAbsent, address);
      } else if (!Arrays.equals(wanted, found)) {
        differentCount++;
        keep(firstDifferent, address);
      } else if (isZero(wanted)) {
        equalZeroCount++;
      } else {
        equalCount++;
      }
    }

    PageComparison result() {
      return new PageComparison(
          equalCount, equalZeroCount, differentCount, absentCount, firstDifferent, firstAbsent);
    }

    private static boolean isRead(PhysicalMemory dump, long address, byte[] into) {
      try {
        dump.read(address, into, 0, into.length);
        return true;
      } catch (UnreadableMemoryException e) {
        return false;
      }
    }

    /** Compares the bytes with themselves, one on: faster than a loop, and equal if all are. */
    private static boolean isZero(byte[] bytes) {
      return bytes.length == 0
          || (bytes[0] == 0 && Arrays.equals(bytes, 0, bytes.length - 1, bytes, 1, bytes.length));
    }

    private static void keep(List<Long> addresses, long address) {
      if (addresses.size() < SHOWN_COUNT) {
        addresses.add(address);
      }
    }
  }
}
