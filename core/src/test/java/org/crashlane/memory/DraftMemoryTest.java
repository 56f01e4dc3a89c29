// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DraftMemoryTest extends PhysicalMemoryContract {

  private static SparseMemory base() {
    return new SparseMemory("base", List.of(LOW, HIGH));
  }

  @Override
  WritableMemory memory() {
    return DraftMemory.over(base());
  }

  @Test
  void theMemoryBelowIsReadAndNeverWritten() {
    SparseMemory base = base();
    base.writeLong(0x1000, 5);
    base.writeLong(0x1008, 6);
    DraftMemory draft = DraftMemory.over(base);
    draft.writeLong(0x1000, 7);
    assertEquals(7, draft.readLong(0x1000));
    assertEquals(6, draft.readLong(0x1008));
    assertEquals(5, base.readLong(0x1000));
  }

  @Test
  void storesAreRecordedInOrderWithWhatTheyReplace() {
    DraftMemory draft = DraftMemory.over(base());
    draft.writeLong(0x2000, 1);
    draft.writeLong(0x1000, 2);
    draft.writeLong(0x2000, 3);
    assertEquals(
        List.of(new Store(0x2000, 0, 1), new Store(0x1000, 0, 2), new Store(0x2000, 1, 3)),
        draft.stores());
  }

  @Test
  void wordsThatKeepTheirValueAreNoStores() {
    DraftMemory draft = DraftMemory.over(base());
    draft.writeLong(0x2000, 0);
    draft.writeLongs(0x3000, new long[] {0, 9, 0}, 3);
    assertEquals(List.of(new Store(0x3008, 0, 9)), draft.stores());
  }

  @Test
  void theStoresMadeInOrderMakeTheDraftTrue() {
    for (long seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      SparseMemory base = base();
      for (int i = 0; i < 200; i++) {
        base.writeLong(random.nextInt(0x400) * 8L, random.nextLong());
      }
      DraftMemory draft = DraftMemory.over(base);
      for (int i = 0; i < 200; i++) {
        draft.writeLong(random.nextInt(0x400) * 8L, random.nextInt(3));
      }
      draft.stores().forEach(store -> base.writeLong(store.address(), store.after()));
      for (long at = 0; at < 0x2000; at += 8) {
        assertEquals(draft.readLong(at), base.readLong(at), "seed " + seed);
      }
    }
  }

  @Test
  void scratchPagesAreZerosBehindTheMemory() {
    DraftMemory draft =
        DraftMemory.withScratch(base(), AddressRange.ofSize(HIGH.last() + 1, 0x2000));
    assertEquals(0, draft.readLong(HIGH.last() + 1));
    draft.writeLong(HIGH.last() + 9, 4);
    assertEquals(4, draft.readLong(HIGH.last() + 9));
    assertEquals(0, draft.readLong(HIGH.last() + 1));
    assertEquals(
        List.of(LOW, new AddressRange(HIGH.first(), HIGH.last() + 0x2000)), draft.ranges());
  }

  @Test
  void scratchOverMemoryIsTheCallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> DraftMemory.withScratch(base(), HIGH));
  }
}
