// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.arming.DisarmResult.RefusedWord;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;

/**
 * The way back, worked out on a draft: the stores in reverse, so that what leads to a new table
 * goes before the table does. Each word must hold what was written or what was there before; a kill
 * in the middle of arming leaves a mix of both.
 */
final class Disarming {
  /** Where every table format known here keeps the address of the next table. */
  private static final BitField POINTER = BitField.bits("next table", 51, 12);

  private final JournalRecord journal;
  private final DraftMemory draft;
  private final Map<Long, RefusedWord> refused = new LinkedHashMap<>();
  private long untouchedCount;

  private Disarming(JournalRecord journal, PhysicalMemory memory) {
    this.journal = journal;
    this.draft = DraftMemory.over(memory);
  }

  /**
   * A way back.
   *
   * @param stores in order
   * @param result what is true once they are made
   */
  record WayBack(List<Store> stores, DisarmResult result) {}

  static WayBack of(JournalRecord journal, PhysicalMemory memory) {
    Disarming all = new Disarming(journal, memory);
    all.undo(List.of());
    if (all.refused.values().stream().noneMatch(word -> leadsToNewPage(journal, word))) {
      return all.wayBack(List.of());
    }
    Disarming butNewPages = new Disarming(journal, memory);
    butNewPages.undo(journal.newPages());
    return butNewPages.wayBack(journal.newPages());
  }

  private static boolean leadsToNewPage(JournalRecord journal, RefusedWord word) {
    long pointed = POINTER.inPlace(word.found());
    return journal.newPages().stream().anyMatch(page -> page.contains(pointed));
  }

  private void undo(List<AddressRange> keptPages) {
    for (Store store : journal.stores().reversed()) {
      if (keptPages.stream().anyMatch(page -> page.contains(store.address()))) {
        continue;
      }
      long found = draft.readLong(store.address());
      if (found == store.after()) {
        draft.writeLong(store.address(), store.before());
      } else if (found == store.before()) {
        untouchedCount++;
      } else {
        refused.putIfAbsent(store.address(), new RefusedWord(store, found));
      }
    }
  }

  private WayBack wayBack(List<AddressRange> keptPages) {
    List<Store> stores = draft.stores();
    return new WayBack(
        stores,
        new DisarmResult(stores.size(), untouchedCount, List.copyOf(refused.values()), keptPages));
  }
}
