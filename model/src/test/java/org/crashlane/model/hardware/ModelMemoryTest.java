// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelMemoryTest {
  private static final int SIZE = 200 * Page.BYTES;
  private static final long BASE = 0x10_0000;
  private static final Background BACKGROUND = new Background(7);

  private static ModelMemory memory() {
    return ModelMemory.at(List.of(AddressRange.ofSize(BASE, SIZE)), BACKGROUND);
  }

  @Test
  void neighbouringPagesDifferBeforeAnyoneWrites() {
    ModelMemory memory = memory();
    assertFalse(memory.share(BASE).sameBytes(memory.share(BASE + Page.BYTES)));
  }

  @Test
  void whereThereIsNoMemoryNothingIsReadOrWritten() {
    ModelMemory memory = memory();
    byte[] two = new byte[2];
    assertThrows(UnreadableMemoryException.class, () -> memory.readLong(BASE - 8));
    assertThrows(UnreadableMemoryException.class, () -> memory.writeLong(BASE + SIZE, 1));
    assertThrows(UnreadableMemoryException.class, () -> memory.read(BASE + SIZE - 1, two, 0, 2));
    assertThrows(UnreadableMemoryException.class, () -> memory.write(BASE + SIZE - 1, two, 0, 2));
    assertThrows(IllegalArgumentException.class, () -> memory.readLong(BASE + 4));
    assertTrue(memory.exists(BASE, SIZE));
    assertFalse(memory.exists(BASE, SIZE + 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyWayOfWritingAgreesWithPlainBytesInEveryCopy(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ModelMemory memory = memory();
    byte[] plain = bytes(memory);
    for (int step = 0; step < 300; step++) {
      if (random.nextInt(20) == 0) {
        ModelMemory copy = memory.fork();
        byte[] before = plain.clone();
        change(memory, plain, random);
        assertArrayEquals(before, bytes(copy), "seed " + seed + " step " + step);
        assertArrayEquals(plain, bytes(memory), "seed " + seed + " step " + step);
      }
      change(memory, plain, random);
    }
    assertArrayEquals(plain, bytes(memory), "seed " + seed);
  }

  /** Runs begin and end inside chunks, and go over where the background begins anew. */
  @ParameterizedTest
  @ValueSource(longs = {0x10_0000, 0x3f_5000, 0x3f_d000})
  void aRunOfPagesIsThePagesOneByOne(long base) {
    ModelMemory memory = ModelMemory.at(List.of(AddressRange.ofSize(base, SIZE)), BACKGROUND);
    Page[] others = memory.share(base, 40);
    memory.put(base + 7L * Page.BYTES, others);
    for (int first = 0; first < 20; first++) {
      Page[] run = memory.share(base + (long) first * Page.BYTES, 100);
      for (int i = 0; i < run.length; i++) {
        Page alone = memory.share(base + (long) (first + i) * Page.BYTES);
        assertTrue(run[i].sameBytes(alone), "page " + i + " from " + first);
      }
    }
    for (int i = 0; i < others.length; i++) {
      assertTrue(others[i].sameBytes(memory.share(base + (7L + i) * Page.BYTES)), "page " + i);
    }
    assertThrows(UnreadableMemoryException.class, () -> memory.share(base, 201));
  }

  private static byte[] bytes(ModelMemory memory) {
    byte[] all = new byte[SIZE];
    memory.read(BASE, all, 0, SIZE);
    return all;
  }

  private static void change(ModelMemory memory, byte[] bytes, SplittableRandom random) {
    ByteBuffer plain = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(4)) {
      case 0 -> {
        int at = random.nextInt(SIZE / Long.BYTES) * Long.BYTES;
        long value = random.nextLong();
        memory.writeLong(BASE + at, value);
        plain.putLong(at, value);
      }
      case 1 -> {
        byte[] some = new byte[random.nextInt(3 * Page.BYTES)];
        random.nextBytes(some);
        int at = random.nextInt(SIZE - some.length);
        memory.write(BASE + at, some, 0, some.length);
        plain.put(at, some);
      }
      case 2 -> {
        long[] words = random.longs(random.nextInt(1, 2 * Page.WORDS)).toArray();
        int at = random.nextInt(SIZE / Long.BYTES - words.length) * Long.BYTES;
        memory.writeLongs(BASE + at, words, words.length);
        plain
            .slice(at, words.length * Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asLongBuffer()
            .put(words);
      }
      default -> {
        int from = random.nextInt(SIZE / Page.BYTES) * Page.BYTES;
        int to = random.nextInt(SIZE / Page.BYTES) * Page.BYTES;
        memory.put(BASE + to, memory.share(BASE + from));
        plain.put(to, plain, from, Page.BYTES);
      }
    }
  }

  @Test
  void fingerprintsTellBytesAndPlacesApart() {
    ModelMemory one = memory();
    ModelMemory other = memory();
    one.writeLong(BASE, 1);
    other.writeLong(BASE, 1);
    assertEquals(fingerprint(one), fingerprint(other));
    other.writeLong(BASE, 2);
    assertNotEquals(fingerprint(one), fingerprint(other));
    other.writeLong(BASE, 1);
    assertEquals(fingerprint(one), fingerprint(other));
    one.put(BASE + 64L * Page.BYTES, one.share(BASE));
    other.put(BASE + 65L * Page.BYTES, other.share(BASE));
    assertNotEquals(fingerprint(one), fingerprint(other));
  }

  @Test
  void fingerprintOfCopyFollowsTheCopy() {
    ModelMemory one = memory();
    one.writeLong(BASE, 1);
    ModelMemory copy = one.fork();
    long before = fingerprint(one);
    copy.writeLong(BASE + 8, 3);
    assertEquals(before, fingerprint(one));
    assertNotEquals(before, fingerprint(copy));
  }

  private static long fingerprint(ModelMemory memory) {
    Fingerprint into = new Fingerprint();
    memory.addTo(into);
    return into.value();
  }
}
