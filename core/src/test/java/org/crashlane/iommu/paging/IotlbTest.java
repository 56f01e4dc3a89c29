// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.crashlane.iommu.Geometry;
import org.junit.jupiter.api.Test;

class IotlbTest {
  private static final Geometry GEOMETRY = Geometry.of(12, 6);

  @Test
  void tableOfManyEntriesLosesNoneWhenSomeAreDropped() {
    Random random = new Random(7);
    Iotlb iotlb = new Iotlb(GEOMETRY);
    TreeMap<Long, Long> expected = new TreeMap<>();
    for (int step = 0; step < 20_000; step++) {
      long iova = (long) random.nextInt(600) * GEOMETRY.pageBytes();
      long key = iotlb.key(random.nextInt(2) == 0 ? 1 : 0xffff, 1 + random.nextInt(3), iova);
      if (random.nextInt(3) == 0) {
        iotlb.drop(key);
        expected.remove(key);
      } else {
        iotlb.put(key, step);
        expected.put(key, (long) step);
      }
    }
    assertEquals(expected.size(), iotlb.count());
    expected.forEach((key, value) -> assertEquals(value, iotlb.get(key)));
    assertEquals(
        List.copyOf(expected.keySet()), Arrays.stream(iotlb.sortedKeys()).boxed().toList());
  }
}
