// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.PlanRequest;
import org.crashlane.arming.PlanResult;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Subject.Part;

/**
 * Where new table pages may go in a guest that has crashed and had nothing reserved for them: where
 * nothing stands but zeros, and the capture kernel has no business. To be preferred is a whole MiB
 * that is a hole in the memory's file: nobody has ever touched it, so nothing is lost. Next is the
 * first MiB: Linux 5.13 and later reserves all of it at boot and puts nothing there but the
 * real-mode trampoline, as high as it fits (arch/x86/kernel/setup.c, arch/x86/realmode/init.c), so
 * neither kernel has anything in the rest. Elsewhere a whole MiB of zeros is memory that the dead
 * kernel never used, or has cleared; the capture kernel only reads there.
 */
public final class SpareMemory {
  /** Below are the BIOS's own variables, above are trampoline, EBDA, video memory and ROMs. */
  private static final AddressRange LOW = new AddressRange(0x1_0000, 0x7_ffff);

  private static final int MEBIBYTE = 1 << 20;

  /** What ISA devices reach: Linux maps it to itself for the bridge to them. */
  private static final long ISA_END = 1L << 24;

  /** More is not read while the guest stands: reading a GiB takes a third of a second. */
  private static final long READ_MAX_BYTES = 1L << 32;

  private static final int CANDIDATES_MAX = 8;
  private static final int UNTOUCHED_MAX = 4;

  private final SparingReader memory;
  private final List<AddressRange> kernels;

  /**
   * @param kernels what the dead kernel called its memory: the rest is its firmware's, or a
   *     device's
   */
  SpareMemory(SparingReader memory, List<AddressRange> kernels) {
    this.memory = memory;
    this.kernels = List.copyOf(kernels);
  }

  /**
   * Some of it.
   *
   * @param range where
   * @param what what it is
   */
  record Piece(AddressRange range, Fact what) {}

  /**
   * {@return pieces of it, the best first; few}
   *
   * @param crashRanges where the capture kernel works
   */
  List<Piece> find(List<AddressRange> crashRanges) throws IOException {
    List<Piece> found = new ArrayList<>();
    List<AddressRange> mebibytes = mebibytes(crashRanges);
    mebibytes.stream()
        .filter(memory::isUntouched)
        .limit(UNTOUCHED_MAX)
        .forEach(range -> found.add(new Piece(range, Fact.NEW_PAGES_NEVER_TOUCHED)));
    longestRunOf(LOW)
        .forEach(range -> found.add(new Piece(range, Fact.NEW_PAGES_IN_FIRST_MEBIBYTE)));
    ByteBuffer chunk = SparingReader.buffer(MEBIBYTE);
    long readBytes = 0;
    for (AddressRange range : mebibytes) {
      if (found.size() >= CANDIDATES_MAX || readBytes >= READ_MAX_BYTES) {
        return found;
      }
      if (!memory.isUntouched(range)) {
        memory.read(range.first(), chunk);
        readBytes += MEBIBYTE;
        if (isZero(chunk, 0, MEBIBYTE)) {
          found.add(new Piece(range, Fact.NEW_PAGES_OF_ZEROS));
        }
      }
    }
    return found;
  }

  /**
   * {@return a plan, with new table pages in the first piece in which no device can write, and no
   * table stands; or why there is none}
   *
   * @param request without an arena
   * @param guest the same memory, as the tables are read from it
   */
  PlanResult plan(PlanRequest request, TranslationTables tables, PhysicalMemory guest)
      throws IOException {
    PlanResult result = Planner.plan(tables, guest, request);
    List<Piece> pieces = isForWantOfPages(result) ? find(request.ranges()) : List.of();
    for (int i = 0; i < pieces.size() && isForWantOfPages(result); i++) {
      Piece piece = pieces.get(i);
      PlanRequest there =
          new PlanRequest(
              request.target(),
              request.windows(),
              request.devices(),
              Optional.of(piece.range()),
              request.earlier());
      result =
          switch (Planner.plan(tables, guest, there)) {
            case PlanResult.Planned planned ->
                new PlanResult.Planned(
                    planned.plan().withNote(new Note(Part.ARMING, piece.what())));
            case Refused refused -> refused;
          };
    }
    return isForWantOfPages(result)
        ? Refused.because(
            Kind.ARENA_TOO_SMALL,
            Part.ARMING,
            List.of(new Amount(Quantity.PIECES_TRIED, pieces.size())))
        : result;
  }

  private static boolean isForWantOfPages(PlanResult result) {
    return result instanceof Refused refused
        && refused.reasons().stream()
            .allMatch(r -> r.kind() == Kind.ARENA_TOO_SMALL || r.kind() == Kind.ARENA_MISPLACED);
  }

  /** {@return the whole ones above what ISA devices reach, outside the crash ranges} */
  private List<AddressRange> mebibytes(List<AddressRange> crashRanges) {
    List<AddressRange> mebibytes = new ArrayList<>();
    List<AddressRange> ranges =
        memory.ranges().stream()
            .flatMap(range -> kernels.stream().flatMap(own -> range.intersection(own).stream()))
            .sorted()
            .toList();
    for (AddressRange range : ranges) {
      long first = Alignment.up(Math.max(range.first(), ISA_END), MEBIBYTE);
      for (long at = first; at + MEBIBYTE - 1 <= range.last(); at += MEBIBYTE) {
        AddressRange piece = AddressRange.ofSize(at, MEBIBYTE);
        if (crashRanges.stream().noneMatch(piece::overlaps)) {
          mebibytes.add(piece);
        }
      }
    }
    return mebibytes;
  }

  private List<AddressRange> longestRunOf(AddressRange range) throws IOException {
    ByteBuffer bytes = SparingReader.buffer((int) range.sizeBytes());
    memory.read(range.first(), bytes);
    int bestFirst = 0;
    int bestBytes = 0;
    int first = 0;
    for (int page = 0; page < bytes.limit(); page += PageArena.PAGE_BYTES) {
      int end = page + PageArena.PAGE_BYTES;
      if (!isZero(bytes, page, end)) {
        first = end;
      } else if (end - first > bestBytes) {
        bestFirst = first;
        bestBytes = end - first;
      }
    }
    return bestBytes == 0
        ? List.of()
        : List.of(AddressRange.ofSize(range.first() + bestFirst, bestBytes));
  }

  private static boolean isZero(ByteBuffer bytes, int from, int end) {
    if (end > bytes.limit()) {
      return false;
    }
    for (int at = from; at < end; at += Long.BYTES) {
      if (bytes.getLong(at) != 0) {
        return false;
      }
    }
    return true;
  }
}
