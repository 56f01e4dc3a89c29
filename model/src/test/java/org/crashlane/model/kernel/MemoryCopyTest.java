// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.junit.jupiter.api.Test;

class MemoryCopyTest {
  private static final int MEMORY_BYTES = 64 << 10;
  private static final Background NOISE = new Background(1);

  private static ModelMemory memory() {
    return ModelMemory.at(List.of(AddressRange.ofSize(0, MEMORY_BYTES)), NOISE);
  }

  private static byte[] bytes(ModelMemory memory) {
    byte[] bytes = new byte[MEMORY_BYTES];
    memory.read(0, bytes, 0, bytes.length);
    return bytes;
  }

  private static void assertCopied(int from, int to, int size, String message) {
    ModelMemory memory = memory();
    byte[] expected = bytes(memory);
    System.arraycopy(expected, from, expected, to, size);
    MemoryCopy.copy(memory, from, to, size);
    assertArrayEquals(expected, bytes(memory), message);
  }

  @Test
  void everyAlignmentAndSmallSizeIsCopiedAndNothingBesideIt() {
    for (int from = 0; from < Long.BYTES; from++) {
      for (int to = 0; to < Long.BYTES; to++) {
        for (int size = 1; size <= 3 * Long.BYTES; size++) {
          assertCopied(
              0x100 + from, 0x3000 + to, size, "from +" + from + " to +" + to + " size " + size);
        }
      }
    }
  }

  @Test
  void largeSizesAreCopiedAcrossPages() {
    long seed = 20080922;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 100; i++) {
      int size = random.nextInt(1, 5 * PageFrames.PAGE_BYTES);
      int from = random.nextInt(MEMORY_BYTES / 2 - size);
      int to = MEMORY_BYTES / 2 + random.nextInt(MEMORY_BYTES / 2 - size);
      assertCopied(from, to, size, "seed " + seed + " round " + i);
    }
  }

  @Test
  void lastBytesOfMemoryAreCopied() {
    assertCopied(MEMORY_BYTES - 3, 1, 3, "from the end");
    assertCopied(1, MEMORY_BYTES - 3, 3, "to the end");
  }
}
