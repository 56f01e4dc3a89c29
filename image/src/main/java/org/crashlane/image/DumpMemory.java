// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.crashlane.image.Extent.Content;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.RangeIndex;
import org.crashlane.memory.Ranges;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The mapped pages of a dump, and beside them what is known of the pages that are not there. A read
 * of such a page says why; the way of a read that succeeds is that of {@link MappedImage} alone.
 */
final class DumpMemory implements PhysicalMemory, Closeable {
  private final MappedImage image;
  private final List<AddressRange> ranges;
  private final List<Extent> absent;
  private final RangeIndex absentIndex;

  /**
   * @param extents what each address is, in rising order
   */
  DumpMemory(MappedImage image, List<Extent> extents) {
    this.image = image;
    this.ranges = joined(extents);
    this.absent = extents.stream().filter(e -> e.content() != Extent.Content.PRESENT).toList();
    this.absentIndex = RangeIndex.of(absent.stream().map(Extent::range).toList());
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
    int index = absentIndex.indexOf(e.address());
    return index < 0
        ? e
        : new UnreadableMemoryException(
            source(), e.address(), absence(absent.get(index).content()));
  }

  /** {@return the addresses of {@code extents}, neighbours joined} */
  static List<AddressRange> joined(List<Extent> extents) {
    return List.copyOf(Ranges.joined(extents.stream().map(Extent::range).toList()));
  }
}
