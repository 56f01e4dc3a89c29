// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/**
 * A machine's memory of which every word is known: marks, but for the tables in the arena and what
 * is kept elsewhere. What a device wrote is found as a word that differs.
 */
final class MarkedRam {
  /** A page through which the device's buffer is filled and emptied; no case points there. */
  static final long SCRATCH = 0x3f00000;

  private static final int CHUNK_WORDS = 1 << 13;
  private static final int ARENA_WORDS = (int) (ProbeMemory.ARENA.sizeBytes() / Long.BYTES);

  private final WritableMemory memory;
  private final long wordCount;
  private final long[] chunk = new long[CHUNK_WORDS];
  private final long[] arena = new long[ARENA_WORDS];
  private final List<Integer> loaded = new ArrayList<>();
  private final Map<Long, Long> kept = new HashMap<>();
  private long setByUnit;

  /** Who is told of words that a device wrote. */
  @FunctionalInterface
  interface ForeignWords {
    void found(long address, long value);
  }

  MarkedRam(WritableMemory memory) {
    AddressRange all = memory.ranges().getFirst();
    this.memory = memory;
    this.wordCount = all.sizeBytes() / Long.BYTES;
  }

  /** That a table word has {@code bits} set, which it had not, is not a device's doing. */
  void letUnitSet(long bits) {
    setByUnit = bits;
  }

  /** Marks every word, and empties the arena. */
  void markAll() {
    for (long first = 0; first < wordCount; first += CHUNK_WORDS) {
      for (int i = 0; i < CHUNK_WORDS; i++) {
        chunk[i] = expected((first + i) * Long.BYTES);
      }
      memory.writeLongs(first * Long.BYTES, chunk, CHUNK_WORDS);
    }
  }

  private long expected(long address) {
    return ProbeMemory.ARENA.contains(address)
        ? arena[arenaIndex(address)]
        : kept.getOrDefault(address, ProbeMemory.markOf(address));
  }

  /** Puts {@code words} there for good, instead of marks. */
  void keep(List<TableWord> words) {
    for (TableWord word : words) {
      kept.put(word.address(), word.value());
      memory.writeLong(word.address(), word.value());
    }
  }

  private static int arenaIndex(long address) {
    return (int) ((address - ProbeMemory.ARENA.first()) / Long.BYTES);
  }

  /** Replaces the arena's words by {@code words}, and zeros elsewhere. */
  void loadArena(List<TableWord> words) {
    for (int index : loaded) {
      setArena(index, 0);
    }
    loaded.clear();
    for (TableWord word : words) {
      int index = arenaIndex(word.address());
      setArena(index, word.value());
      loaded.add(index);
    }
  }

  private void setArena(int index, long value) {
    arena[index] = value;
    memory.writeLong(ProbeMemory.ARENA.first() + (long) index * Long.BYTES, value);
  }

  void putIntoScratch(long[] words) {
    memory.writeLongs(SCRATCH, words, words.length);
  }

  /** {@return the words that the device left in the scratch page, which is marked anew} */
  long[] takeFromScratch(int count) {
    long[] words = new long[count];
    memory.readLongs(SCRATCH, words, count);
    for (int i = 0; i < count; i++) {
      long address = SCRATCH + (long) i * Long.BYTES;
      memory.writeLong(address, ProbeMemory.markOf(address));
    }
    return words;
  }

  /** Tells of every word that is not what was put there, and puts that there again. */
  void takeForeignWords(ForeignWords visitor) {
    for (long first = 0; first < wordCount; first += CHUNK_WORDS) {
      long from = first * Long.BYTES;
      memory.readLongs(from, chunk, CHUNK_WORDS);
      for (int i = 0; i < CHUNK_WORDS; i++) {
        long address = from + (long) i * Long.BYTES;
        if (chunk[i] != ProbeMemory.markOf(address) && chunk[i] != expected(address)) {
          take(address, chunk[i], visitor);
        }
      }
    }
  }

  /** As {@link #takeForeignWords}, of the arena only: quick enough to do after every write. */
  void takeForeignWordsOfArena(ForeignWords visitor) {
    long first = ProbeMemory.ARENA.first();
    memory.readLongs(first, chunk, ARENA_WORDS);
    for (int i = 0; i < ARENA_WORDS; i++) {
      if (chunk[i] != arena[i]) {
        take(first + (long) i * Long.BYTES, chunk[i], visitor);
      }
    }
  }

  private void take(long address, long value, ForeignWords visitor) {
    if (((value ^ expected(address)) & ~setByUnit) != 0) {
      visitor.found(address, value);
    }
    memory.writeLong(address, expected(address));
  }
}
