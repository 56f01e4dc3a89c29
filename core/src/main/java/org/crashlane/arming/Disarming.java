// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.crashlane.arming.DisarmResult.RefusedWord;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;

/**
 * The way back, worked out on a draft: the stores in reverse, so that what leads to a new table
 * goes before the table does. Each word must hold what was written or what was there before; a kill
 * in the middle of arming leaves a mix of both.
 *
 * <p>A new table that somebody else has come to use is not taken out: of its words only those that
 * were armed are, to not present. One that nobody leads to any more, though it was armed and not
 * taken out, may be anybody's memory by now, and is not touched.
 */
final class Disarming {
  private final JournalRecord journal;
  private final NewTables tables;
  private final DraftMemory draft;
  private final Map<Long, RefusedWord> refused = new LinkedHashMap<>();
  private long untouchedCount;

  private Disarming(JournalRecord journal, PhysicalMemory memory, TranslationTables tables) {
    this.journal = journal;
    this.tables = NewTables.find(journal, memory, tables);
    this.draft = DraftMemory.over(memory);
  }

  /**
   * A way back.
   *
   * @param stores in order
   * @param result what is true once they are made
   */
  record WayBack(List<Store> stores, DisarmResult result) {}

  /**
   * {@return the way back}
   *
   * @param memory where the tables are, as it is now
   * @param tables of the kind that was armed
   */
  static WayBack of(JournalRecord journal, PhysicalMemory memory, TranslationTables tables) {
    return new Disarming(journal, memory, tables).wayBack();
  }

  private WayBack wayBack() {
    boolean armed = journal.state() == State.ARMED;
    if (armed && !tables.isStanding()) {
      return new WayBack(List.of(), DisarmResult.gone(pages(tables.gone())));
    }
    tables.foreign().forEach(word -> refused.put(word.store().address(), word));
    for (Store store : journal.stores().reversed()) {
      if (tables.isKept(store.address())) {
        clear(store);
      } else if (!armed || !tables.isGone(store.address())) {
        undo(store);
      }
    }
    List<Store> stores = draft.stores();
    return new WayBack(
        stores,
        new DisarmResult(
            stores.size(),
            untouchedCount,
            List.copyOf(refused.values()),
            pages(tables.kept()),
            armed ? pages(tables.gone()) : List.of(),
            DisarmResult.Standing.IN_PLACE));
  }

  private List<AddressRange> pages(Set<Long> firsts) {
    int pageBytes = NewTables.pageBytes(journal);
    return firsts.stream().map(first -> AddressRange.ofSize(first, pageBytes)).toList();
  }

  /** In a table that stays, what was armed becomes not present; it need not be what it was. */
  private void clear(Store store) {
    long found = draft.readLong(store.address());
    if (tables.isArmed(store.address(), found) && !tables.leadsToKept(found)) {
      draft.writeLong(store.address(), 0);
    }
  }

  private void undo(Store store) {
    long found = draft.readLong(store.address());
    if (found == store.after()) {
      if (!tables.leadsToKept(found)) {
        draft.writeLong(store.address(), store.before());
      }
    } else if (found == store.before()) {
      untouchedCount++;
    } else if (found == 0 && tables.isNew(store.address())) {
      // Cleared since, by the table's user or by a disarming that had to keep it.
      draft.writeLong(store.address(), store.before());
    } else {
      refused.putIfAbsent(store.address(), new RefusedWord(store, found));
    }
  }
}
