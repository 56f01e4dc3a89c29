// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.crashlane.guest.lab.net.FrameSender.Time;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Frames.Astray;

/** Finds where frames went, by the marks in memory. */
public final class FrameSearch {
  private static final int PAGE_BYTES = 4096;

  /** Headers of cards and of frames are of even size, and so are the places of buffers. */
  private static final int STEP_BYTES = 2;

  private static final int SAMPLE_BYTES = 32;

  private final PhysicalMemory memory;
  private final List<AddressRange> mapped;
  private final List<Astray> astray = new ArrayList<>();
  private long mappedBytes;

  private FrameSearch(PhysicalMemory memory, List<AddressRange> mapped) {
    this.memory = memory;
    this.mapped = mapped;
  }

  /**
   * {@return what became of {@code sentCount} frames that were sent when the primary was dead}
   *
   * @param memory the guest's, stopped
   * @param within where to look
   * @param mapped pages that the card may write by the dead kernel's tables
   */
  public static Frames find(
      RequesterId card,
      long sentCount,
      PhysicalMemory memory,
      List<AddressRange> within,
      List<AddressRange> mapped) {
    FrameSearch search = new FrameSearch(memory, mapped);
    within.forEach(search::searchIn);
    return new Frames(card, sentCount, mapped, search.mappedBytes, search.astray);
  }

  /** {@return bytes of such frames in the page at {@code page}} */
  public static long bytesIn(PhysicalMemory memory, long page) {
    return marks(memory, page).bytes();
  }

  private record Marks(long bytes, String sample) {}

  private void searchIn(AddressRange range) {
    long pageCount = range.sizeBytes() / PAGE_BYTES;
    for (long i = 0; i < pageCount; i++) {
      long page = range.first() + i * PAGE_BYTES;
      Marks marks = marks(memory, page);
      if (marks.bytes() > 0) {
        found(AddressRange.ofSize(page, PAGE_BYTES), marks);
      }
    }
  }

  private void found(AddressRange page, Marks marks) {
    if (mapped.stream().anyMatch(range -> range.contains(page))) {
      mappedBytes += marks.bytes();
    } else if (!astray.isEmpty() && astray.getLast().pages().last() + 1 == page.first()) {
      Astray before = astray.removeLast();
      astray.add(
          new Astray(
              new AddressRange(before.pages().first(), page.last()),
              before.bytes() + marks.bytes(),
              before.sample()));
    } else {
      astray.add(new Astray(page, marks.bytes(), marks.sample()));
    }
  }

  /** A mark that reaches into the next page counts in neither. */
  private static Marks marks(PhysicalMemory memory, long page) {
    byte[] bytes = new byte[PAGE_BYTES];
    memory.read(page, bytes, 0, PAGE_BYTES);
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long count = 0;
    int first = 0;
    for (int at = 0; at <= PAGE_BYTES - Frame.MARK_BYTES; at += STEP_BYTES) {
      if (Frame.isMark(words, at, Time.DEAD)) {
        first = count == 0 ? at : first;
        count++;
        at += Frame.MARK_BYTES - STEP_BYTES;
      }
    }
    int sampleEnd = Math.min(first + SAMPLE_BYTES, PAGE_BYTES);
    return new Marks(
        count * Frame.MARK_BYTES,
        count == 0 ? "" : HexFormat.of().formatHex(bytes, first, sampleEnd));
  }
}
