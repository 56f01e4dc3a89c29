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
import org.crashlane.memory.Ranges;

/**
 * A capture kernel that waits in a guest's memory, found by the header that tells it of the dead
 * kernel's memory. The header names all memory but the crash ranges, and stands in one of them
 * itself: a core file that lies in the guest's page cache does not.
 *
 * <p>It also leaves out what {@code memmap=} or the firmware has taken from the kernel, and what
 * was plugged in later. The capture kernel's boot parameters, which stand beside the header as long
 * as it waits, tell what of that is its memory (Linux, Documentation/x86/zero-page.rst).
 *
 * @param headerAddress where the header stands
 * @param crashRanges what was reserved for the capture kernel, in rising order
 * @param header what it tells, also where the kernel that dies notes its processors' registers
 */
record CaptureImage(long headerAddress, List<AddressRange> crashRanges, KdumpHeader header) {
  /** "CORE" and its zero byte. */
  private static final int CORE_NAME_BYTES = 5;

  /** The third and fourth word of a note with registers: NT_PRSTATUS and "CORE". */
  private static final long PRSTATUS_OF_CORE = 0x45524f43_00000001L;

  private static final int CHUNK_BYTES = 1 << 20;

  /** A hostile guest shall not cost more by filling its memory with headers. */
  private static final int TRIED_MAX = 1024;

  /** Nor by filling a gap between what they name: the gap is read for each header in it. */
  private static final int FOUND_MAX = 16;

  /** What {@code crashkernel=} reserves begins at a multiple of this (CRASH_ALIGN, x86). */
  private static final long CRASH_ALIGN_BYTES = 16L << 20;

  private static final int HEADER_MAGIC = 0x202;
  private static final int HDRS = 0x53726448;
  private static final int E820_ENTRIES = 0x1e8;
  private static final int E820_TABLE = 0x2d0;
  private static final int E820_ENTRIES_MAX = 128;
  private static final int E820_ENTRY_BYTES = 20;
  private static final int E820_SIZE = 8;
  private static final int E820_TYPE = 16;
  private static final int E820_RAM = 1;

  CaptureImage {
    crashRanges = List.copyOf(crashRanges);
  }

  /**
   * {@return all there are, a few at most in each piece of memory: after a restart an older one may
   * still be where it was}
   */
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
      for (int page = 0;
          page <= end && triedCount < TRIED_MAX && found.size() < FOUND_MAX;
          page += PageArena.PAGE_BYTES) {
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
    Optional<KdumpHeader> header = KdumpHeader.parse(bytes);
    List<AddressRange> leftOut =
        header.map(h -> leftOut(h, memory.ranges(), address)).orElse(List.of());
    Optional<AddressRange> own = leftOut.stream().filter(r -> r.contains(address)).findFirst();
    if (own.isEmpty() || !isCopiedInto(leftOut, header.orElseThrow())) {
      return Optional.empty();
    }
    List<AddressRange> ranges =
        leftOut.size() == 1 ? leftOut : bootedIn(memory, own.get(), leftOut);
    return Optional.of(new CaptureImage(address, ranges, header.orElseThrow()));
  }

  /** What the capture kernel would overwrite is copied into a crash range, in whole. */
  private static boolean isCopiedInto(List<AddressRange> leftOut, KdumpHeader header) {
    return Ranges.without(header.copies(), leftOut).isEmpty();
  }

  /**
   * {@return those of {@code leftOut} in which boot parameters give the capture kernel memory; all,
   * if there are none in {@code own}}
   */
  private static List<AddressRange> bootedIn(
      SparingReader memory, AddressRange own, List<AddressRange> leftOut) throws IOException {
    ByteBuffer chunk = SparingReader.buffer(CHUNK_BYTES);
    for (long at = Alignment.up(own.first(), PageArena.PAGE_BYTES);
        own.contains(at);
        at += CHUNK_BYTES) {
      memory.read(at, chunk);
      for (int page = 0;
          page + PageArena.PAGE_BYTES <= chunk.limit();
          page += PageArena.PAGE_BYTES) {
        List<AddressRange> given = given(chunk, page);
        if (given.stream().anyMatch(own::overlaps)) {
          return leftOut.stream().filter(r -> given.stream().anyMatch(r::overlaps)).toList();
        }
      }
    }
    return leftOut;
  }

  /** {@return the memory that boot parameters in this page give; nothing if there are none} */
  private static List<AddressRange> given(ByteBuffer bytes, int page) {
    int count = Byte.toUnsignedInt(bytes.get(page + E820_ENTRIES));
    if (bytes.getInt(page + HEADER_MAGIC) != HDRS || count > E820_ENTRIES_MAX) {
      return List.of();
    }
    List<AddressRange> given = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int entry = page + E820_TABLE + i * E820_ENTRY_BYTES;
      long first = bytes.getLong(entry);
      long sizeBytes = bytes.getLong(entry + E820_SIZE);
      boolean sound = first >= 0 && sizeBytes > 0 && first <= Long.MAX_VALUE - sizeBytes;
      if (sound && bytes.getInt(entry + E820_TYPE) == E820_RAM) {
        given.add(AddressRange.ofSize(first, sizeBytes));
      }
    }
    return given;
  }

  /**
   * {@return true if the kernel that this was loaded for has died} It leaves its processors'
   * registers then, in notes that were zeros before (crash_save_cpu in Linux's kernel/kexec_core.c,
   * append_elf_note).
   */
  boolean hasRun(SparingReader memory) throws IOException {
    for (AddressRange note : header.notes()) {
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
    return Ranges.without(memory, header.memory()).stream()
        .filter(gap -> gap.contains(headerAddress) || isReservation(gap))
        .sorted()
        .toList();
  }

  private static boolean isReservation(AddressRange gap) {
    return Alignment.isAligned(gap.first(), CRASH_ALIGN_BYTES)
        && gap.sizeBytes() >= CRASH_ALIGN_BYTES;
  }
}
