// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SparseMemoryTest extends PhysicalMemoryContract {

  @Override
  WritableMemory memory() {
    return new SparseMemory("sparse", List.of(HIGH, LOW));
  }

  @Test
  void tensOfThousandsOfScatteredPagesKeepTheirWords() {
    SparseMemory memory = SparseMemory.ofSize(1L << 52);
    Random random = new Random(2);
    Map<Long, Long> written = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      long address = (random.nextLong() >>> 12) & -8L;
      memory.writeLong(address, i);
      written.put(address, (long) i);
    }
    written.forEach((address, value) -> assertEquals(value, memory.readLong(address)));
  }

  @Test
  void memoryMayEndAtTheLastAddressOfAll() {
    SparseMemory memory = new SparseMemory("top", List.of(new AddressRange(-0x1000L, -1L)));
    memory.writeLong(-8, 7);
    assertEquals(7, memory.readLong(-8));
  }

  @Test
  void neighbouringRangesAreJoined() {
    SparseMemory memory =
        new SparseMemory(
            "joined", List.of(AddressRange.ofSize(0, 0x1000), AddressRange.ofSize(0x1000, 0x1000)));
    assertEquals(List.of(AddressRange.ofSize(0, 0x2000)), memory.ranges());
  }
}
