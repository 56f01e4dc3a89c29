// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.stream.IntStream;

/**
 * What memory and disks hold before anyone writes them: pages of noise, by a seed. Pages that are
 * not a multiple of 1,021 apart differ, so that a page in another's place is seen.
 */
public final class Background {
  /** A prime, so that no power-of-two distance hides a page in another's place. */
  private static final int PAGE_COUNT = 1021;

  private final Page[] pages;

  /** Makes the pages of {@code seed}. */
  public Background(long seed) {
    this.pages = IntStream.range(0, PAGE_COUNT).mapToObj(n -> noise(seed, n)).toArray(Page[]::new);
  }

  /** {@return the page with this number: shared, not to be changed} */
  Page page(long number) {
    return pages[place(number)];
  }

  /** Puts what was there from page {@code first} on into the places that hold nothing. */
  void fillIn(long first, Page[] into) {
    int place = place(first);
    for (int i = 0; i < into.length; i++) {
      if (into[i] == null) {
        into[i] = pages[place];
      }
      place = place + 1 == PAGE_COUNT ? 0 : place + 1;
    }
  }

  private static int place(long number) {
    return Math.floorMod(number, PAGE_COUNT);
  }

  private static Page noise(long seed, int number) {
    long[] words = new long[Page.WORDS];
    for (int i = 0; i < Page.WORDS; i++) {
      words[i] = Fingerprint.mix(seed + (long) number * Page.WORDS + i);
    }
    return Page.of(words).share();
  }
}
