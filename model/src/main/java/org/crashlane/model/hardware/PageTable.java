// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.crashlane.memory.AddressRange;

/**
 * Pages by page number: chunks of neighbours in an open-addressed table. Copies share all until one
 * of them writes; that one takes a table of its own, a copy of the chunk, and a copy of the page.
 */
final class PageTable {
  private static final int INITIAL_SLOTS = 32;
  private static final int CHUNK_SHIFT = 4;
  private static final int CHUNK_PAGES = 1 << CHUNK_SHIFT;
  private static final long CHUNK_BYTES = (long) CHUNK_PAGES * Page.BYTES;
  private static final int IN_CHUNK = CHUNK_PAGES - 1;

  private long[] keys;
  private Chunk[] chunks;
  private int count;

  /** True while a copy has the same arrays. */
  private boolean shared;

  /** 0 if it is not known. */
  private long digest;

  PageTable() {
    keys = new long[INITIAL_SLOTS];
    chunks = new Chunk[INITIAL_SLOTS];
  }

  private PageTable(PageTable other) {
    keys = other.keys;
    chunks = other.chunks;
    count = other.count;
    shared = true;
    digest = other.digest;
  }

  /** Neighbouring pages. */
  private static final class Chunk {
    private final Page[] pages;
    private boolean shared;

    /** 0 if it is not known; one word, so that threads may find it out at the same time. */
    private long digest;

    Chunk(Page[] pages) {
      this.pages = pages;
    }

    /** {@return a chunk of the same pages, which are shared from now on} */
    Chunk copy() {
      for (Page page : pages) {
        if (page != null) {
          page.share();
        }
      }
      return new Chunk(pages.clone());
    }

    long digest(long key) {
      long known = digest;
      if (known == 0) {
        long first = key << CHUNK_SHIFT;
        for (int i = 0; i < CHUNK_PAGES; i++) {
          if (pages[i] != null) {
            known += Fingerprint.mix(Fingerprint.mix(first + i) + pages[i].digest());
          }
        }
        digest = known;
      }
      return known;
    }
  }

  /** {@return the page, or {@code otherwise} where there is none} */
  Page getOr(long number, Page otherwise) {
    Page page = get(number);
    return page == null ? otherwise : page;
  }

  private Page get(long number) {
    Chunk chunk = chunks[slot(number >>> CHUNK_SHIFT)];
    return chunk == null ? null : chunk.pages[(int) number & IN_CHUNK];
  }

  void put(long number, Page page) {
    own(number >>> CHUNK_SHIFT).pages[(int) number & IN_CHUNK] = page;
  }

  /**
   * {@return the page, for writing: nobody else has it}
   *
   * @param background what it holds where there was none
   */
  Page writable(long number, Background background) {
    Chunk chunk = own(number >>> CHUNK_SHIFT);
    int index = (int) number & IN_CHUNK;
    Page page = chunk.pages[index];
    if (page == null || page.isShared()) {
      page = (page == null ? background.page(number) : page).copy();
      chunk.pages[index] = page;
    }
    return page;
  }

  /** {@return the chunk, for changing: a new one, or a copy, where there was none of its own} */
  private Chunk own(long key) {
    ownArrays();
    digest = 0;
    int slot = slot(key);
    Chunk chunk = chunks[slot];
    if (chunk == null) {
      if (2 * (count + 1) > chunks.length) {
        grow();
        slot = slot(key);
      }
      chunk = new Chunk(new Page[CHUNK_PAGES]);
      keys[slot] = key;
      chunks[slot] = chunk;
      count++;
    } else if (chunk.shared) {
      chunk = chunk.copy();
      chunks[slot] = chunk;
    }
    chunk.digest = 0;
    return chunk;
  }

  private void ownArrays() {
    if (!shared) {
      return;
    }
    keys = keys.clone();
    chunks = chunks.clone();
    for (Chunk chunk : chunks) {
      if (chunk != null) {
        chunk.shared = true;
      }
    }
    shared = false;
  }

  /** {@return the addresses of all chunks that there are, in rising order, neighbours joined} */
  List<AddressRange> written() {
    long[] present =
        LongStream.range(0, chunks.length)
            .filter(i -> chunks[(int) i] != null)
            .map(i -> keys[(int) i])
            .sorted()
            .toArray();
    List<AddressRange> ranges = new ArrayList<>();
    for (int i = 0; i < present.length; ) {
      int behind = i + 1;
      while (behind < present.length && present[behind] == present[behind - 1] + 1) {
        behind++;
      }
      ranges.add(AddressRange.ofSize(present[i] * CHUNK_BYTES, (behind - i) * CHUNK_BYTES));
      i = behind;
    }
    return ranges;
  }

  /** {@return a table of the same pages, all shared from now on} */
  PageTable fork() {
    shared = true;
    return new PageTable(this);
  }

  /** {@return 64 bits that stand for all pages, in whatever order they came} */
  long digest() {
    if (digest == 0) {
      long sum = 0;
      for (int i = 0; i < chunks.length; i++) {
        if (chunks[i] != null) {
          sum += chunks[i].digest(keys[i]);
        }
      }
      digest = sum;
    }
    return digest;
  }

  private int slot(long key) {
    int mask = chunks.length - 1;
    int slot = (int) (Fingerprint.mix(key) & mask);
    while (chunks[slot] != null && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    Chunk[] oldChunks = chunks;
    keys = new long[2 * oldChunks.length];
    chunks = new Chunk[2 * oldChunks.length];
    for (int i = 0; i < oldChunks.length; i++) {
      if (oldChunks[i] != null) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        chunks[slot] = oldChunks[i];
      }
    }
  }
}
