// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;

/**
 * Compares bytes that a core holds twice. Text of the kernel does not change, so two unequal copies
 * mean that one of them is wrong; but for what a device goes on writing while the dump is written.
 */
final class OverlapCheck {
  private static final int PAGE_BYTES = 4096;

  private OverlapCheck() {}

  /**
   * Adds a problem for each overlap that shows a difference. Compares all pages where they are
   * fewer than the limit, else as many, evenly spread.
   *
   * @param comparedPageCount most pages to compare, all overlaps together
   * @param changing physical addresses whose bytes may differ
   */
  static void run(
      DumpWindow window,
      List<ExtentMap.Overlap> overlaps,
      int comparedPageCount,
      List<AddressRange> changing,
      List<DumpProblem> problems)
      throws IOException {
    if (overlaps.isEmpty()) {
      return;
    }
    int left = comparedPageCount;
    for (int i = 0; i < overlaps.size() && left > 0; i++) {
      int share = Math.max(1, left / (overlaps.size() - i));
      left -= compare(window, overlaps.get(i), share, changing, problems);
    }
  }

  /** {@return how many pages were compared} */
  private static int compare(
      DumpWindow window,
      ExtentMap.Overlap overlap,
      int most,
      List<AddressRange> changing,
      List<DumpProblem> problems)
      throws IOException {
    long first = overlap.kept().first();
    long sizeBytes = overlap.kept().end() - first;
    long pageCount = (sizeBytes - 1) / PAGE_BYTES + 1;
    int comparedCount = (int) Math.min(pageCount, most);
    for (int i = 0; i < comparedCount; i++) {
      long page = pageCount <= most ? i : pageCount / comparedCount * i;
      long at = page * PAGE_BYTES;
      int length = (int) Math.min(PAGE_BYTES, sizeBytes - at);
      ByteBuffer kept = window.readInFile(overlap.kept().fileOffset() + at, length);
      ByteBuffer other = window.readInFile(overlap.other().fileOffset() + at, length);
      int difference = kept.mismatch(other);
      AddressRange compared = AddressRange.ofSize(first + at, length);
      if (difference >= 0 && changing.stream().noneMatch(range -> range.contains(compared))) {
        problems.add(
            new DumpProblem(
                DumpProblem.Kind.CONTRADICTION,
                overlap.other().fileOffset() + at + difference,
                "segments %d and %d differ at physical %s; the former is kept"
                    .formatted(
                        overlap.kept().segment(),
                        overlap.other().segment(),
                        Hex.of(first + at + difference))));
        return i + 1;
      }
    }
    return comparedCount;
  }
}
