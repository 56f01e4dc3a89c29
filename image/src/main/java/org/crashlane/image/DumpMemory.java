// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.image.Extent.Content;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The mapped pages of a dump, and beside them what is known of the pages that are not there. A read
 * of such a page says why; the way of a read that succeeds is that of {@link MappedImage} alone.
 */
final class DumpMemory implements PhysicalMemory, Closeable {
  private final MappedImage image;
  private final List<AddressRange> ranges;
  private final List<Extent> absent;
  private final long[] absentFirsts;

  /**
   * @param extents what each address is, in rising order
   */
  DumpMemory(MappedImage image, List<Extent> extents) {
    this.image = image;
    this.ranges = joined(extents);
    this.absent = extents.stream().filter(e -> e.content() != Extent.Content.PRESENT).toList();
    this.absentFirsts = absent.stream().mapToLong(Extent::first).toArray();
  }

  @Override
  public String source() {
    return image.source();
  }

  @Override
  public List<AddressRange> ranges() {
    return ranges;
  }

  @Override
  public long readLong(long address) {
    try {
      return image.readLong(address);
    } catch (UnreadableMemoryException e) {
      return readLongByBytes(address);
    }
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    try {
      image.readLongs(address, into, count);
    } catch (UnreadableMemoryException e) {
      for (int i = 0; i < count; i++) {
        into[i] = readLong(address + (long) i * Long.BYTES);
      }
    }
  }

  /** A word may lie across two segments, or not be there. */
  private long readLongByBytes(long address) {
    byte[] word = new byte[Long.BYTES];
    read(address, word, 0, word.length);
    return ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    try {
      image.read(address, into, offset, length);
    } catch (UnreadableMemoryException e) {
      throw explained(e);
    }
  }

  @Override
  public void close() {
    image.close();
  }

  private static Absence absence(Content content) {
    return switch (content) {
      case TRUNCATED -> Absence.TRUNCATED;
      case EXCLUDED -> Absence.EXCLUDED;
      case PRESENT -> throw new IllegalStateException("an absence that is present");
    };
  }

  private UnreadableMemoryException explained(UnreadableMemoryException e) {
    int low = 0;
    int high = absentFirsts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(e.address(), absentFirsts[middle]) < 0) {
        high = middle - 1;
      } else if (Long.compareUnsigned(e.address(), absent.get(middle).end()) >= 0) {
        low = middle + 1;
      } else {
        return new UnreadableMemoryException(
            source(), e.address(), absence(absent.get(middle).content()));
      }
    }
    return e;
  }

  /** {@return the addresses of {@code extents}, neighbours joined} */
  static List<AddressRange> joined(List<Extent> extents) {
    List<AddressRange> ranges = new ArrayList<>();
    for (Extent extent : extents) {
      if (!ranges.isEmpty() && ranges.getLast().last() + 1 == extent.first()) {
        ranges.add(new AddressRange(ranges.removeLast().first(), extent.end() - 1));
      } else {
        ranges.add(extent.range());
      }
    }
    return List.copyOf(ranges);
  }
}
