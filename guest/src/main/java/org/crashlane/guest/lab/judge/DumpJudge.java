// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.judge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.lab.net.FrameSearch;
import org.crashlane.image.ElfCore;
import org.crashlane.image.PageComparison;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.OtherRelease;
import org.crashlane.rule.Sighting.PagesCompared;

/**
 * Says from the bytes on a disk image whether a dump was written, and whether it is the memory of
 * the panic. What any guest printed plays no part.
 */
public final class DumpJudge {
  /** Fewer equal pages are not enough to call a dump good. */
  public static final int NEEDED_PAGE_COUNT = 1000;

  private static final int START_BYTES = 4096;

  private DumpJudge() {}

  /**
   * {@return what stands at the beginning of {@code disk}}
   *
   * @param release the release the dump must name
   * @param sample pages as they were at the panic
   * @param strategy what was done about the crash, which decides what a kernel may have written
   * @param own what of memory held the IOMMU's own tables and buffers then
   * @param frames what network cards have written since, also while the dump was
   */
  public static DumpOutcome judge(
      Path disk,
      String release,
      PanicSample sample,
      Strategy strategy,
      List<IommuMemory> own,
      List<Frames> frames)
      throws IOException {
    if (Files.size(disk) == 0) {
      return new DumpOutcome.Missing(Fact.NOTHING_RECEIVED);
    }
    if (isUntouched(disk)) {
      return new DumpOutcome.Missing(Fact.DISK_UNTOUCHED);
    }
    List<AddressRange> changing = frames.stream().flatMap(f -> f.mappedPages().stream()).toList();
    try (ElfCore core = ElfCore.open(disk, changing)) {
      if (!core.problems().isEmpty()) {
        return new DumpOutcome.Damaged(
            new Quote(Source.DUMP, core.problems().getFirst().toString()));
      }
      Optional<String> found = core.vmcoreInfo().flatMap(info -> info.osRelease());
      if (found.isEmpty()) {
        return new DumpOutcome.Damaged(Fact.NO_RELEASE_IN_DUMP);
      }
      if (!found.get().equals(release)) {
        return new DumpOutcome.Damaged(new OtherRelease(found.get(), release));
      }
      List<IommuMemory> mayChange =
          own.stream().filter(memory -> memory.mayChangeUnder(strategy)).toList();
      long frameBytes =
          frameBytes(core, frames.stream().flatMap(f -> f.astrayPages().stream()).toList());
      return frameBytes == 0
          ? compare(core, release, sample, mayChange)
          : new DumpOutcome.Damaged(new Amount(Quantity.BYTES_OF_DUMP_DIFFERENT, frameBytes));
    } catch (MalformedInputException e) {
      return new DumpOutcome.Damaged(new Quote(Source.DUMP, e.getMessage()));
    }
  }

  private static long frameBytes(ElfCore core, List<AddressRange> pages) {
    long bytes = 0;
    for (AddressRange range : Ranges.common(core.readable(), pages)) {
      for (long page = range.first(); page < range.last(); page += PanicSample.PAGE_BYTES) {
        bytes += FrameSearch.bytesIn(core.memory(), page);
      }
    }
    return bytes;
  }

  /** Pages that may have changed are counted apart: all others have to be equal. */
  private static DumpOutcome compare(
      ElfCore core, String release, PanicSample sample, List<IommuMemory> own) {
    Map<Long, byte[]> others = new LinkedHashMap<>();
    Map<Part, Map<Long, byte[]>> owned = new EnumMap<>(Part.class);
    sample
        .pages()
        .forEach((page, bytes) -> {
          Optional<Part> part = partAt(page, own);
          (part.isPresent()
                  ? owned.computeIfAbsent(part.get(), _ -> new LinkedHashMap<>())
                  : others)
              .put(page, bytes);
        });
    PageComparison pages = PageComparison.of(core.memory(), others);
    if (pages.differentCount() > 0 || pages.equalCount() < NEEDED_PAGE_COUNT) {
      return new DumpOutcome.Damaged(
          new PagesCompared(
              pages.equalCount(),
              pages.equalZeroCount(),
              pages.differentCount(),
              pages.absentCount(),
              pages.firstDifferent(),
              pages.firstAbsent()));
    }
    long equalCount = pages.equalCount();
    List<Changed> changed = new ArrayList<>();
    for (Map.Entry<Part, Map<Long, byte[]>> entry : owned.entrySet()) {
      PageComparison its = PageComparison.of(core.memory(), entry.getValue());
      equalCount += its.equalCount();
      if (its.differentCount() > 0) {
        changed.add(new Changed(entry.getKey(), its.differentCount()));
      }
    }
    long sizeBytes = Ranges.sizeBytes(core.readable());
    DumpOutcome.Written written = new DumpOutcome.Written(equalCount, release, sizeBytes);
    return changed.isEmpty() ? written : new DumpOutcome.WrittenBut(written, changed);
  }

  /** {@return which part of an IOMMU a page holds, of those that may change} */
  private static Optional<Part> partAt(long page, List<IommuMemory> own) {
    AddressRange range = AddressRange.ofSize(page, PanicSample.PAGE_BYTES);
    return own.stream().filter(o -> o.range().contains(range)).map(IommuMemory::part).findFirst();
  }

  private static boolean isUntouched(Path disk) throws IOException {
    try (InputStream in = Files.newInputStream(disk)) {
      byte[] start = in.readNBytes(START_BYTES);
      return Arrays.equals(start, new byte[start.length]);
    }
  }
}
