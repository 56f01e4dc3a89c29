// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.arming.DisarmResult.RefusedWord;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;

/**
 * The table pages that an arming added, as they are found later: which of them the tables still
 * lead to, and which have come into somebody else's use. A driver that maps an IOVA follows the
 * tables it finds, also into a page of ours, and writes its own entry there.
 *
 * <p>Every word of a new page is known: it is in a store, or it was zero and stayed so.
 */
final class NewTables {
  private final PhysicalMemory memory;
  private final TranslationTables tables;
  private final Set<Long> pages = new HashSet<>();
  private final int pageBytes;
  private final Map<Long, Long> originals = new HashMap<>();
  private final Map<Long, Store> last = new HashMap<>();
  private final Set<Written> written = new HashSet<>();
  private final Set<Long> outside = new TreeSet<>();

  private final List<Link> links = new ArrayList<>();
  private final Set<Long> linked = new HashSet<>();
  private final Map<Long, RefusedWord> foreign = new LinkedHashMap<>();
  private final Set<Long> kept = new TreeSet<>();

  private record Written(long address, long value) {}

  /**
   * A word that leads to a new page.
   *
   * @param ours true if it was armed so, and can be taken back
   */
  private record Link(long address, long page, boolean ours) {}

  private NewTables(JournalRecord journal, PhysicalMemory memory, TranslationTables tables) {
    this.memory = memory;
    this.tables = tables;
    journal.newPages().forEach(page -> pages.add(page.first()));
    this.pageBytes = pageBytes(journal);
    for (Store store : journal.stores()) {
      originals.putIfAbsent(store.address(), store.before());
      last.put(store.address(), store);
      written.add(new Written(store.address(), store.after()));
      if (!isNew(store.address())) {
        outside.add(store.address());
      }
    }
  }

  /** {@return the size of each page that an arming added; they are all as large} */
  static int pageBytes(JournalRecord journal) {
    return journal.newPages().isEmpty()
        ? Geometry.PAGE_BYTES_MIN
        : Math.toIntExact(journal.newPages().getFirst().sizeBytes());
  }

  /** Looks at the pages as they are in {@code memory}. */
  static NewTables find(JournalRecord journal, PhysicalMemory memory, TranslationTables tables) {
    NewTables found = new NewTables(journal, memory, tables);
    found.follow();
    found.keep();
    return found;
  }

  /** Follows the tables from the words outside into new pages, and on. */
  private void follow() {
    Deque<Long> unread = new ArrayDeque<>();
    for (long address : outside) {
      follow(address, memory.readLong(address), unread);
    }
    long[] words = new long[pageBytes / Long.BYTES];
    while (!unread.isEmpty()) {
      long page = unread.remove();
      memory.readLongs(page, words, words.length);
      for (int i = 0; i < words.length; i++) {
        long address = page + (long) i * Long.BYTES;
        follow(address, words[i], unread);
        if (words[i] != 0 && !isArmed(address, words[i])) {
          foreign.putIfAbsent(page, new RefusedWord(armed(address), words[i]));
        }
      }
    }
  }

  private void follow(long address, long found, Deque<Long> unread) {
    Optional<Long> page = target(found);
    if (page.isPresent()) {
      links.add(new Link(address, page.get(), isArmed(address, found)));
      if (linked.add(page.get())) {
        unread.add(page.get());
      }
    }
  }

  /** A page stays if it holds or hangs on what is not ours, and so does all that leads to it. */
  private void keep() {
    kept.addAll(foreign.keySet());
    links.stream().filter(link -> !link.ours).forEach(link -> kept.add(link.page));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Link link : links) {
        if (kept.contains(link.page) && isNew(link.address)) {
          grown |= kept.add(page(link.address));
        }
      }
    }
  }

  private Store armed(long address) {
    return last.getOrDefault(address, new Store(address, 0, 0));
  }

  private Optional<Long> target(long entry) {
    return Optional.of(page(tables.nextTable(entry))).filter(page -> entry != 0 && isNew(page));
  }

  private long page(long address) {
    return Alignment.down(address, pageBytes);
  }

  /** {@return true if {@code address} is in a new page} */
  boolean isNew(long address) {
    return pages.contains(page(address));
  }

  /** {@return true if {@code value} was ever written to {@code address} by the arming} */
  boolean isArmed(long address, long value) {
    return written.contains(new Written(address, value));
  }

  /**
   * {@return true if any word outside the new pages still is as armed, or leads to one of them; if
   * not, the tables that were armed are not in use any more}
   */
  boolean isStanding() {
    return !linked.isEmpty()
        || outside.stream().anyMatch(at -> memory.readLong(at) == armed(at).after());
  }

  /** {@return true if {@code address} is in a new page that the tables do not lead to any more} */
  boolean isGone(long address) {
    return isNew(address) && !linked.contains(page(address));
  }

  /** {@return first addresses of the gone pages that are not what they were before, in order} */
  Set<Long> gone() {
    Set<Long> gone = new TreeSet<>();
    originals.forEach((address, before) -> {
      if (isGone(address) && memory.readLong(address) != before) {
        gone.add(page(address));
      }
    });
    return gone;
  }

  /** {@return true if {@code address} is in a page that has to stay} */
  boolean isKept(long address) {
    return kept.contains(page(address));
  }

  /** {@return true if {@code entry} leads to a page that has to stay} */
  boolean leadsToKept(long entry) {
    return target(entry).filter(kept::contains).isPresent();
  }

  /** {@return first addresses of the pages that have to stay, in order} */
  Set<Long> kept() {
    return kept;
  }

  /** {@return one word that is not ours for each page that the tables lead to and that has such} */
  List<RefusedWord> foreign() {
    return List.copyOf(foreign.values());
  }
}
