// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.image.KdumpHeader;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;

/**
 * A capture kernel that waits in a guest's memory, found by the header that tells it of the dead
 * kernel's memory. The header names all memory but the crash ranges, and stands in one of them
 * itself: a core file that lies in the guest's page cache does not.
 *
 * @param headerAddress where the header stands
 * @param crashRanges what was reserved for the capture kernel, in rising order
 * @param notes where the kernel that dies notes its processors' registers, and others' notes
 */
record CaptureImage(long headerAddress, List<AddressRange> crashRanges, List<AddressRange> notes) {
  /** "CORE" and its zero byte. */
  private static final int CORE_NAME_BYTES = 5;

  /** The third and fourth word of a note with registers: NT_PRSTATUS and "CORE". */
  private static final long PRSTATUS_OF_CORE = 0x45524f43_00000001L;

  private static final int CHUNK_BYTES = 1 << 20;

  /** A hostile guest shall not cost more by filling its memory with headers. */
  private static final int TRIED_MAX = 1024;

  /** What {@code crashkernel=} reserves begins at a multiple of this (CRASH_ALIGN, x86). */
  private static final long CRASH_ALIGN_BYTES = 16L << 20;

  CaptureImage {
    crashRanges = List.copyOf(crashRanges);
    notes = List.copyOf(notes);
  }

  /** {@return all there are: after a restart an older one may still stand where it was} */
  static List<CaptureImage> findAll(SparingReader memory) throws IOException {
    return findIn(memory, memory.ranges());
  }

  /** {@return those whose header stands in one of {@code ranges}} */
  static List<CaptureImage> findIn(SparingReader memory, List<AddressRange> ranges)
      throws IOException {
    List<CaptureImage> found = new ArrayList<>();
    for (AddressRange range : ranges) {
      found.addAll(findIn(memory, range));
    }
    return found;
  }

  private static List<CaptureImage> findIn(SparingReader memory, AddressRange range)
      throws IOException {
    List<CaptureImage> found = new ArrayList<>();
    ByteBuffer chunk = SparingReader.buffer(CHUNK_BYTES);
    ByteBuffer header = SparingReader.buffer(KdumpHeader.BYTES_MAX);
    int triedCount = 0;
    long first = Alignment.up(range.first(), PageArena.PAGE_BYTES);
    for (long at = first; range.contains(at); at += CHUNK_BYTES) {
      memory.read(at, chunk);
      int end = chunk.limit() - PageArena.PAGE_BYTES;
      for (int page = 0; page <= end && triedCount < TRIED_MAX; page += PageArena.PAGE_BYTES) {
        if (KdumpHeader.mayStartAt(chunk, page) && range.contains(at + page)) {
          triedCount++;
          at(memory, at + page, header).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static Optional<CaptureImage> at(SparingReader memory, long address, ByteBuffer bytes)
      throws IOException {
    memory.read(address, bytes);
    return KdumpHeader.parse(bytes)
        .map(header ->
            new CaptureImage(address, leftOut(header, memory.ranges(), address), header.notes()))
        .filter(image -> image.crashRanges.stream().anyMatch(r -> r.contains(address)));
  }

  /**
   * {@return true if the kernel that this was loaded for has died} It leaves its processors'
   * registers then, in notes that were zeros before (crash_save_cpu in Linux's kernel/kexec_core.c,
   * append_elf_note).
   */
  boolean hasRun(SparingReader memory) throws IOException {
    for (AddressRange note : notes) {
      boolean isFilled =
          (int) memory.word(note.first()) == CORE_NAME_BYTES
              && memory.word(note.first() + Long.BYTES) == PRSTATUS_OF_CORE;
      if (isFilled) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the memory that {@code header} leaves out: the piece with the header in it, and others
   * that are as large and aligned as reservations are}
   */
  private static List<AddressRange> leftOut(
      KdumpHeader header, List<AddressRange> memory, long headerAddress) {
    List<AddressRange> gaps = new ArrayList<>(memory);
    for (AddressRange named : header.memory()) {
      List<AddressRange> left = new ArrayList<>();
      for (AddressRange gap : gaps) {
        left.addAll(without(gap, named));
      }
      gaps = left;
    }
    return gaps.stream()
        .filter(gap -> gap.contains(headerAddress) || isReservation(gap))
        .sorted()
        .toList();
  }

  private static boolean isReservation(AddressRange gap) {
    return Alignment.isAligned(gap.first(), CRASH_ALIGN_BYTES)
        && gap.sizeBytes() >= CRASH_ALIGN_BYTES;
  }

  private static List<AddressRange> without(AddressRange range, AddressRange taken) {
    if (!range.overlaps(taken)) {
      return List.of(range);
    }
    List<AddressRange> left = new ArrayList<>();
    if (range.first() < taken.first()) {
      left.add(new AddressRange(range.first(), taken.first() - 1));
    }
    if (taken.last() < range.last()) {
      left.add(new AddressRange(taken.last() + 1, range.last()));
    }
    return left;
  }
}
