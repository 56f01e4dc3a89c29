// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.CoreBuilder.pattern;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PageComparisonTest {
  private static final int PAGE = 4096;

  @TempDir private Path folder;

  /** Pages: pattern, zeros, pattern; then one that was left out. */
  private ElfCore dump() throws IOException {
    byte[] content = new byte[3 * PAGE];
    System.arraycopy(pattern(PAGE, 1), 0, content, 0, PAGE);
    System.arraycopy(pattern(PAGE, 2), 0, content, 2 * PAGE, PAGE);
    return ElfCore.open(new CoreBuilder().load(0, content, 4 * PAGE).write(folder));
  }

  @Test
  void eachPageIsCountedOnceByWhatItIs() throws IOException {
    byte[] changed = pattern(PAGE, 2);
    changed[PAGE - 1] ^= 1;
    Map<Long, byte[]> copies = new LinkedHashMap<>();
    copies.put(0L, pattern(PAGE, 1));
    copies.put(0x1000L, new byte[PAGE]);
    copies.put(0x2000L, changed);
    copies.put(0x3000L, new byte[PAGE]);
    copies.put(0x9000L, new byte[PAGE]);
    try (ElfCore dump = dump()) {
      PageComparison comparison = PageComparison.of(dump.memory(), copies);
      assertEquals(
          new PageComparison(1, 1, 1, 2, List.of(0x2000L), List.of(0x3000L, 0x9000L)), comparison);
      assertEquals(3, comparison.comparedCount());
      assertEquals(
          "3 pages compared: 1 equal, 1 equal and zeros, 1 different (first at 0x2000); "
              + "2 not in the dump (first at 0x3000, 0x9000)",
          comparison.toString());
    }
  }

  @Test
  void aMemoryIsComparedPageByPage() throws IOException {
    SparseMemory reference = SparseMemory.ofSize(3 * PAGE);
    try (ElfCore dump = dump()) {
      PageComparison comparison =
          PageComparison.of(dump.memory(), reference, List.of(0L, 0x1000L, 0x2000L), PAGE);
      assertEquals(new PageComparison(0, 1, 2, 0, List.of(0L, 0x2000L), List.of()), comparison);
      PageComparison same =
          PageComparison.of(dump.memory(), dump.memory(), List.of(0L, 0x1000L, 0x2000L), PAGE);
      assertEquals(new PageComparison(2, 1, 0, 0, List.of(), List.of()), same);
      assertThrows(
          UnreadableMemoryException.class,
          () -> PageComparison.of(dump.memory(), reference, List.of(0x3000L), PAGE));
    }
  }

  @Test
  void aPageThatOnlyEndsInZerosIsNoPageOfZeros() throws IOException {
    byte[] page = new byte[PAGE];
    page[0] = 1;
    byte[] otherEnd = new byte[PAGE];
    otherEnd[PAGE - 1] = 1;
    byte[] ones = new byte[PAGE];
    Arrays.fill(ones, (byte) 1);
    Path file =
        new CoreBuilder().load(0, page).load(0x1000, otherEnd).load(0x2000, ones).write(folder);
    try (ElfCore dump = ElfCore.open(file)) {
      PageComparison comparison =
          PageComparison.of(dump.memory(), Map.of(0L, page, 0x1000L, otherEnd, 0x2000L, ones));
      assertEquals(3, comparison.equalCount());
      assertEquals(0, comparison.equalZeroCount());
    }
  }

  @Test
  void onlyTheFirstAddressesAreKept() throws IOException {
    try (ElfCore dump = dump()) {
      List<Long> absent = LongStream.range(16, 40).map(p -> p * PAGE).boxed().toList();
      PageComparison comparison =
          PageComparison.of(dump.memory(), SparseMemory.ofSize(40L * PAGE), absent, PAGE);
      assertEquals(24, comparison.absentCount());
      assertEquals(absent.subList(0, 8), comparison.firstAbsent());
    }
  }
}
