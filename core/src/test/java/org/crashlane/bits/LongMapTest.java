// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LongMapTest {
  @Test
  void thingsAreFoundByNumberAndListedAsTheyCame() {
    LongMap<String> map = new LongMap<>();
    List<Long> numbers = new ArrayList<>();
    for (long i = 0; i < 1_000; i++) {
      long number = (i * i) << 20;
      numbers.add(number);
      map.put(number, "first " + i);
      map.put(number, "thing " + i);
    }
    assertEquals(1_000, map.count());
    assertEquals(numbers, IntStream.range(0, map.count()).mapToObj(map::number).toList());
    for (int i = 0; i < map.count(); i++) {
      assertEquals("thing " + i, map.getOr(numbers.get(i), "none"));
      assertEquals("thing " + i, map.value(i));
    }
    assertEquals("none", map.getOr(1, "none"));
  }

  @Test
  void changesOfACopyAreNotSeenInTheOther() {
    LongMap<String> map = new LongMap<>();
    map.put(0, "old");
    LongMap<String> copy = map.copy();
    copy.put(0, "new");
    map.put(1, "more");
    assertEquals("old", map.getOr(0, "none"));
    assertEquals("new", copy.getOr(0, "none"));
    assertEquals("none", copy.getOr(1, "none"));
  }
}
