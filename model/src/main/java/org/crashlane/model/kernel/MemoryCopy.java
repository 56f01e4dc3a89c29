// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.memory.WritableMemory;

/**
 * Copies bytes of any alignment through memory that is read and written by words of 8. The bytes
 * beside them keep their values, but are written back where they share a word.
 */
public final class MemoryCopy {
  private static final int WORD_BYTES = Long.BYTES;

  /** As many words as a page has, so that a copy of any size takes little memory. */
  private static final int CHUNK_BYTES = PageFrames.PAGE_BYTES;

  private final WritableMemory memory;
  private final long[] source;
  private final long[] target;

  private MemoryCopy(WritableMemory memory, int chunkBytes) {
    this.memory = memory;
    this.source = new long[chunkBytes / WORD_BYTES + 2];
    this.target = new long[chunkBytes / WORD_BYTES + 2];
  }

  /**
   * Copies {@code sizeBytes} from {@code from} on to {@code to} and on; the two are apart.
   *
   * @throws org.crashlane.memory.UnreadableMemoryException if there is no memory
   */
  public static void copy(WritableMemory memory, long from, long to, long sizeBytes) {
    MemoryCopy copy = new MemoryCopy(memory, (int) Math.min(CHUNK_BYTES, sizeBytes));
    for (long done = 0; done < sizeBytes; done += CHUNK_BYTES) {
      copy.chunk(from + done, to + done, (int) Math.min(CHUNK_BYTES, sizeBytes - done));
    }
  }

  private void chunk(long from, long to, int sizeBytes) {
    long firstRead = Alignment.down(from, WORD_BYTES);
    int readCount = wordCount(from, sizeBytes);
    memory.readLongs(firstRead, source, readCount);
    long firstWritten = Alignment.down(to, WORD_BYTES);
    int writtenCount = wordCount(to, sizeBytes);
    // Where the source's bytes for the first word to write begin, maybe before those wanted.
    long begin = from - (to - firstWritten) - firstRead;
    int index = (int) Math.floorDiv(begin, WORD_BYTES);
    int bits = Math.floorMod(begin, WORD_BYTES) * Byte.SIZE;
    for (int i = 0; i < writtenCount; i++) {
      target[i] = joined(word(index + i, readCount), word(index + i + 1, readCount), bits);
    }
    keepOthers(to, sizeBytes, firstWritten, writtenCount);
    memory.writeLongs(firstWritten, target, writtenCount);
  }

  /** Leaves what stands in the first and last word beside the bytes written. */
  private void keepOthers(long to, int sizeBytes, long firstWritten, int writtenCount) {
    int before = (int) (to - firstWritten) * Byte.SIZE;
    if (before != 0) {
      long kept = BitField.lowMask(before);
      target[0] = (target[0] & ~kept) | (memory.readLong(firstWritten) & kept);
    }
    long lastWord = firstWritten + (long) (writtenCount - 1) * WORD_BYTES;
    int within = (int) (to + sizeBytes - lastWord) * Byte.SIZE;
    if (within != Long.SIZE) {
      long written = BitField.lowMask(within);
      target[writtenCount - 1] =
          (target[writtenCount - 1] & written) | (memory.readLong(lastWord) & ~written);
    }
  }

  private long word(int index, int count) {
    return index >= 0 && index < count ? source[index] : 0;
  }

  private static long joined(long lower, long upper, int bits) {
    return bits == 0 ? lower : (lower >>> bits) | (upper << (Long.SIZE - bits));
  }

  private static int wordCount(long address, int sizeBytes) {
    long end = Alignment.up(address + sizeBytes, WORD_BYTES);
    return (int) ((end - Alignment.down(address, WORD_BYTES)) / WORD_BYTES);
  }
}
