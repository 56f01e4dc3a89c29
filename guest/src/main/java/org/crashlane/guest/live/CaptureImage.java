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
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.MappingMode;

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
    return bootIn(memory, own).map(boot -> among(leftOut, boot.memory())).orElse(leftOut);
  }

  private static List<AddressRange> among(List<AddressRange> leftOut, List<AddressRange> given) {
    return leftOut.stream().filter(r -> given.stream().anyMatch(r::overlaps)).toList();
  }

  /** {@return what its boot parameters have of it, which stay as they are until it runs} */
  CaptureKernel kernel(SparingReader memory, MappingMode mode) throws IOException {
    Optional<AddressRange> own =
        crashRanges.stream().filter(range -> range.contains(headerAddress)).findFirst();
    Optional<BootParameters> boot = own.isEmpty() ? Optional.empty() : bootIn(memory, own.get());
    Optional<String> commandLine =
        boot.isEmpty() ? Optional.empty() : boot.get().readCommandLine(memory, headerAddress);
    if (commandLine.isEmpty()) {
      return CaptureKernel.notKnown(mode);
    }
    boolean isBlind = mode == MappingMode.VTD && boot.get().hidesIommu(memory);
    return new CaptureKernel(mode, isBlind ? State.LOADED_BLIND : State.LOADED, commandLine.get());
  }

  private static Optional<BootParameters> bootIn(SparingReader memory, AddressRange own)
      throws IOException {
    return BootParameters.find(memory, own, boot -> boot.memory().stream().anyMatch(own::overlaps));
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
