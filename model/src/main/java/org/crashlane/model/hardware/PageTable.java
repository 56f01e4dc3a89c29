// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.LongMap;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;

/**
 * Pages by page number: chunks of neighbours by their number. Copies share all until one of them
 * writes; that one takes a map of its own, a copy of the chunk, and a copy of the page.
 */
final class PageTable {
  private static final int CHUNK_SHIFT = 4;
  private static final int CHUNK_PAGES = 1 << CHUNK_SHIFT;
  private static final long CHUNK_BYTES = (long) CHUNK_PAGES * Page.BYTES;
  private static final int IN_CHUNK = CHUNK_PAGES - 1;

  private LongMap<Chunk> chunks;

  /** The chunk that was found last; one word, so that threads may read at the same time. */
  private Chunk last = Chunk.NOWHERE;

  /** True while a copy has the same map. */
  private boolean shared;

  /** 0 if it is not known. */
  private long digest;

  PageTable() {
    chunks = new LongMap<>();
  }

  private PageTable(PageTable other) {
    chunks = other.chunks;
    shared = true;
    digest = other.digest;
  }

  /** Neighbouring pages. */
  private static final class Chunk {
    /** Of a chunk that is not in the map. */
    private static final Page[] NO_PAGES = new Page[CHUNK_PAGES];

    /** No page has this number. */
    static final Chunk NOWHERE = absent(-1);

    private final long key;
    private final Page[] pages;
    private boolean shared;

    /** 0 if it is not known; one word, so that threads may find it out at the same time. */
    private long digest;

    Chunk(long key, Page[] pages) {
      this.key = key;
      this.pages = pages;
    }

    static Chunk absent(long key) {
      return new Chunk(key, NO_PAGES);
    }

    @SuppressWarnings("ReferenceEquality") // others may have no page either
    boolean isAbsent() {
      return pages == NO_PAGES;
    }

    /** {@return a chunk of the same pages, which are shared from now on} */
    Chunk copy() {
      for (Page page : pages) {
        if (page != null) {
          page.share();
        }
      }
      return new Chunk(key, pages.clone());
    }

    long digest() {
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

  /** Gets pages from {@code first} on, of {@code background} where there are none. */
  void get(long first, Page[] into, Background background) {
    for (int done = 0; done < into.length; ) {
      int index = (int) (first + done) & IN_CHUNK;
      int run = Math.min(into.length - done, CHUNK_PAGES - index);
      System.arraycopy(chunk((first + done) >>> CHUNK_SHIFT).pages, index, into, done, run);
      done += run;
    }
    background.fillIn(first, into);
  }

  private Page get(long number) {
    return chunk(number >>> CHUNK_SHIFT).pages[(int) number & IN_CHUNK];
  }

  /** {@return the chunk with this number} Most are asked for again and again, for their pages. */
  private Chunk chunk(long key) {
    Chunk chunk = last;
    if (chunk.key != key) {
      chunk = chunks.getOr(key, Chunk.NOWHERE);
      chunk = chunk.isAbsent() ? Chunk.absent(key) : chunk;
      last = chunk;
    }
    return chunk;
  }

  void put(long number, Page page) {
    own(number >>> CHUNK_SHIFT).pages[(int) number & IN_CHUNK] = page;
  }

  /** Puts {@code count} pages at {@code first} and behind. */
  void put(long first, Page[] from, int count) {
    for (int done = 0; done < count; ) {
      int index = (int) (first + done) & IN_CHUNK;
      int run = Math.min(count - done, CHUNK_PAGES - index);
      System.arraycopy(from, done, own((first + done) >>> CHUNK_SHIFT).pages, index, run);
      done += run;
    }
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
    ownMap();
    digest = 0;
    Chunk chunk = chunk(key);
    if (chunk.isAbsent() || chunk.shared) {
      chunk = chunk.isAbsent() ? new Chunk(key, new Page[CHUNK_PAGES]) : chunk.copy();
      chunks.put(key, chunk);
      last = chunk;
    }
    chunk.digest = 0;
    return chunk;
  }

  private void ownMap() {
    if (shared) {
      chunks = chunks.copy();
      for (int place = 0; place < chunks.count(); place++) {
        chunks.value(place).shared = true;
      }
      shared = false;
    }
  }

  /** {@return the addresses of all chunks that there are, in rising order, neighbours joined} */
  List<AddressRange> written() {
    return Ranges.joined(
        IntStream.range(0, chunks.count())
            .mapToObj(i -> AddressRange.ofSize(chunks.number(i) * CHUNK_BYTES, CHUNK_BYTES))
            .toList());
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
      for (int place = 0; place < chunks.count(); place++) {
        sum += chunks.value(place).digest();
      }
      digest = sum;
    }
    return digest;
  }
}
