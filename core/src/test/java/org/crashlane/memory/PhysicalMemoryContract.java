// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every writable memory does. The memory has 64 KiB at 0 and 64 KiB at 1 MiB. */
abstract class PhysicalMemoryContract {
  static final AddressRange LOW = AddressRange.ofSize(0, 0x10000);
  static final AddressRange HIGH = AddressRange.ofSize(0x100000, 0x10000);

  /** {@return a memory of zeros with the ranges LOW and HIGH} */
  abstract WritableMemory memory();

  @Test
  void wordsReadBackAsTheyWereWritten() {
    WritableMemory memory = memory();
    memory.writeLong(0x1008, 0x1122334455667788L);
    memory.writeLong(HIGH.last() - 7, -1L);
    assertEquals(0x1122334455667788L, memory.readLong(0x1008));
    assertEquals(-1L, memory.readLong(HIGH.last() - 7));
    assertEquals(0, memory.readLong(0x1000));
  }

  @Test
  void wordsAreLittleEndian() {
    WritableMemory memory = memory();
    memory.writeLong(0x2000, 0x0807060504030201L);
    byte[] bytes = new byte[5];
    memory.read(0x2002, bytes, 1, 4);
    assertArrayEquals(new byte[] {0, 3, 4, 5, 6}, bytes);
  }

  @Test
  void manyWordsMayCrossPages() {
    WritableMemory memory = memory();
    long[] words = new Random(1).longs(1500).toArray();
    memory.writeLongs(0x1ff8, words, 1500);
    long[] back = new long[1500];
    memory.readLongs(0x1ff8, back, 1500);
    assertArrayEquals(words, back);
    assertEquals(words[1499], memory.readLong(0x1ff8 + 1499 * 8));
  }

  @Test
  void risingWordsMayCrossPagesAndOverflow() {
    WritableMemory memory = memory();
    memory.writeRising(0x1ff0, -0x1000, 0x1000, 3);
    long[] back = new long[5];
    memory.readLongs(0x1fe8, back, back.length);
    assertArrayEquals(new long[] {0, -0x1000, 0, 0x1000, 0}, back);
  }

  @Test
  void rangesAreSaidInOrder() {
    assertEquals(List.of(LOW, HIGH), memory().ranges());
  }

  @Test
  void anAddressBetweenTheRangesIsUnreadableAndNamed() {
    WritableMemory memory = memory();
    UnreadableMemoryException read =
        assertThrows(UnreadableMemoryException.class, () -> memory.readLong(0x80000));
    assertEquals(0x80000, read.address());
    assertThrows(UnreadableMemoryException.class, () -> memory.writeLong(0x80000, 1));
  }

  @Test
  void aRunThatLeavesItsRangeNamesTheFirstMissingByte() {
    WritableMemory memory = memory();
    long[] words = new long[4];
    byte[] bytes = new byte[32];
    long start = LOW.last() - 15;
    UnreadableMemoryException byWords =
        assertThrows(
            UnreadableMemoryException.class, () -> memory.readLongs(start, words, words.length));
    assertEquals(LOW.last() + 1, byWords.address());
    UnreadableMemoryException byBytes =
        assertThrows(
            UnreadableMemoryException.class, () -> memory.read(start, bytes, 0, bytes.length));
    assertEquals(LOW.last() + 1, byBytes.address());
    assertThrows(
        UnreadableMemoryException.class, () -> memory.writeLongs(start, words, words.length));
    assertThrows(
        UnreadableMemoryException.class, () -> memory.writeRising(start, 0, 1, words.length));
  }

  @Test
  void anAddressThatIsNoMultipleOfEightIsTheCallersMistake() {
    WritableMemory memory = memory();
    assertThrows(IllegalArgumentException.class, () -> memory.readLong(4));
    assertThrows(IllegalArgumentException.class, () -> memory.writeLong(4, 0));
    assertThrows(IllegalArgumentException.class, () -> memory.readLongs(4, new long[1], 1));
    assertThrows(IllegalArgumentException.class, () -> memory.writeLongs(4, new long[1], 1));
    assertThrows(IllegalArgumentException.class, () -> memory.writeRising(4, 0, 0, 1));
  }
}
