// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LongTableTest {
  private static final long NONE = -7;
  private static final int KEY_BOUND = 3_000;

  @Test
  void agreesWithAMapHoweverKeysComeAndGo() {
    SplittableRandom random = new SplittableRandom(20261130);
    LongTable table = new LongTable();
    Map<Long, Long> expected = new TreeMap<>();
    for (int i = 0; i < 200_000; i++) {
      long key = 1 + random.nextLong(KEY_BOUND);
      if (random.nextInt(3) == 0) {
        assertEquals(expected.remove(key) != null, table.remove(key));
      } else {
        assertEquals(expected.put(key, (long) i) == null, table.put(key, i));
      }
      assertEquals(expected.size(), table.count());
    }
    assertAgrees(expected, table);
    table.clear();
    assertAgrees(Map.of(), table);
  }

  @Test
  void changesOfACopyAreNotSeenInTheOther() {
    LongTable table = new LongTable();
    Map<Long, Long> expected = new TreeMap<>();
    for (long key = 1; key <= 100; key++) {
      table.put(key, -key);
      expected.put(key, -key);
    }
    LongTable emptied = table.fork();
    LongTable changed = table.fork();
    emptied.clear();
    for (long key = 1; key <= 200; key++) {
      changed.put(key, key);
    }
    assertAgrees(expected, table);
    table.remove(5);
    assertEquals(5, changed.getOr(5, NONE));
    assertEquals(0, emptied.count());
    assertEquals(200, changed.count());
  }

  private static void assertAgrees(Map<Long, Long> expected, LongTable table) {
    assertArrayEquals(expected.keySet().stream().mapToLong(k -> k).toArray(), table.sortedKeys());
    for (long key = 1; key <= KEY_BOUND; key++) {
      assertEquals(expected.getOrDefault(key, NONE), table.getOr(key, NONE));
    }
  }
}
