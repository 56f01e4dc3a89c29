// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.ElfLayout.DUMP_ELF_INCOMPLETE;
import static org.crashlane.image.ElfLayout.E_FLAGS;
import static org.crashlane.image.ElfLayout.PT_LOAD;
import static org.crashlane.image.ElfLayout.PT_NOTE;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.image.Extent.Content;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.PhysicalMemory;

/**
 * A 64-bit little-endian ELF core as physical memory: {@code /proc/vmcore} and its copies, what
 * {@code makedumpfile -E} and QEMU's {@code dump-guest-memory} write.
 *
 * <p>PT_LOAD segments count by p_paddr. Of a segment whose p_filesz is less than its p_memsz the
 * rest was left out by the writer: it exists and cannot be read. Segments without a physical
 * address (p_paddr of -1, in kcore) are passed over. What is wrong with single segments or notes is
 * listed in {@link #problems()}; what keeps the whole from being read is thrown.
 *
 * <p>Not checked: that zeros in the file were written as zeros. A disk that stopped taking a dump
 * half-way reads as zeros behind that place.
 */
public final class ElfCore implements Dump {
  private final DumpMemory memory;
  private final List<AddressRange> readable;
  private final List<ElfNote> notes;
  private final Optional<VmcoreInfo> vmcoreInfo;
  private final List<DumpProblem> problems;
  private final int machine;
  private final long sizeBytes;

  private ElfCore(
      DumpMemory memory,
      List<AddressRange> readable,
      List<ElfNote> notes,
      List<DumpProblem> problems,
      ElfHeader header,
      long sizeBytes) {
    this.memory = memory;
    this.readable = readable;
    this.notes = List.copyOf(notes);
    this.vmcoreInfo = VmcoreInfo.find(memory.source(), notes);
    this.problems = List.copyOf(problems);
    this.machine = header.machine();
    this.sizeBytes = sizeBytes;
  }

  /**
   * Opens the core in {@code file}.
   *
   * @throws MalformedInputException if it is none
   * @throws IOException if it cannot be read, with the path
   */
  public static ElfCore open(Path file) throws IOException {
    return open(file, 0);
  }

  /**
   * Opens the core in {@code file} as {@link #open(Path)} does.
   *
   * @param changing whole pages that devices went on writing while the dump was written: where it
   *     has two copies of one, they may differ
   */
  public static ElfCore open(Path file, List<AddressRange> changing) throws IOException {
    return open(file, 0, ElfLimits.defaults(), changing);
  }

  /**
   * Opens the core that begins {@code fileOffsetBytes} into {@code file}, as one written straight
   * onto a disk, with anything behind it.
   *
   * @throws MalformedInputException if there is none
   * @throws IOException if it cannot be read, with the path
   */
  public static ElfCore open(Path file, long fileOffsetBytes) throws IOException {
    return open(file, fileOffsetBytes, ElfLimits.defaults());
  }

  /** Opens a core as {@link #open(Path, long)} does, within other limits. */
  public static ElfCore open(Path file, long fileOffsetBytes, ElfLimits limits) throws IOException {
    return open(file, fileOffsetBytes, limits, List.of());
  }

  private static ElfCore open(
      Path file, long fileOffsetBytes, ElfLimits limits, List<AddressRange> changing)
      throws IOException {
    try (DumpWindow window = DumpWindow.open(file, fileOffsetBytes)) {
      ElfHeader header = ElfHeader.read(window, limits);
      List<ProgramHeader> headers = header.programHeaders(window);
      List<DumpProblem> problems = new ArrayList<>();
      if ((header.flags() & DUMP_ELF_INCOMPLETE) != 0) {
        problems.add(
            new DumpProblem(
                DumpProblem.Kind.INCOMPLETE,
                window.inFile(E_FLAGS),
                "makedumpfile marked the dump as incomplete"));
      }
      List<ElfNote> notes = notes(window, headers, limits, problems);
      ExtentMap map = ExtentMap.of(claims(window, headers, problems));
      OverlapCheck.run(window, map.overlaps(), limits.comparedPageCount(), changing, problems);
      List<Extent> present =
          map.extents().stream().filter(e -> e.content() == Content.PRESENT).toList();
      MappedImage image =
          MappedImage.open(
              file, present.stream().map(e -> new ImageRegion(e.range(), e.fileOffset())).toList());
      return new ElfCore(
          new DumpMemory(image, map.extents()),
          DumpMemory.joined(present),
          notes,
          problems,
          header,
          endOf(window, header, headers));
    }
  }

  /** Where the core ends, from its beginning: section headers, which no dump has, left aside. */
  private static long endOf(DumpWindow window, ElfHeader header, List<ProgramHeader> headers) {
    long end = header.endBytes();
    for (ProgramHeader segment : headers) {
      boolean read = segment.type() == PT_LOAD || segment.type() == PT_NOTE;
      if (read && segment.fileBytes() > 0 && segment.offset() >= 0) {
        long left = Math.max(0, window.sizeBytes() - segment.offset());
        boolean whole = window.holds(segment.offset(), segment.fileBytes());
        end = Math.max(end, segment.offset() + (whole ? segment.fileBytes() : left));
      }
    }
    return Math.min(end, window.sizeBytes());
  }

  private static List<Extent> claims(
      DumpWindow window, List<ProgramHeader> headers, List<DumpProblem> problems) {
    SegmentReader reader = new SegmentReader(window, problems);
    for (int i = 0; i < headers.size(); i++) {
      if (headers.get(i).type() == PT_LOAD) {
        reader.add(headers.get(i), i);
      }
    }
    return reader.claims();
  }

  private static List<ElfNote> notes(
      DumpWindow window, List<ProgramHeader> headers, ElfLimits limits, List<DumpProblem> problems)
      throws IOException {
    List<ElfNote> notes = new ArrayList<>();
    long leftBytes = limits.noteBytes();
    for (ProgramHeader header : headers) {
      if (header.type() != PT_NOTE) {
        continue;
      }
      if (!window.holds(header.offset(), header.fileBytes()) || header.fileBytes() > leftBytes) {
        problems.add(
            new DumpProblem(
                DumpProblem.Kind.NOTE,
                window.inFile(header.headerOffset()),
                "notes left out: %s bytes at offset %s are not in the file or beyond the limit"
                    .formatted(
                        Long.toUnsignedString(header.fileBytes()),
                        Long.toUnsignedString(header.offset()))));
        continue;
      }
      leftBytes -= header.fileBytes();
      NoteParser.parse(
          window.read(header.offset(), (int) header.fileBytes(), "notes"),
          window.inFile(header.offset()),
          notes,
          problems);
    }
    return notes;
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  @Override
  public List<AddressRange> readable() {
    return readable;
  }

  @Override
  public List<ElfNote> notes() {
    return notes;
  }

  @Override
  public Optional<VmcoreInfo> vmcoreInfo() {
    return vmcoreInfo;
  }

  @Override
  public List<DumpProblem> problems() {
    return problems;
  }

  /** {@return e_machine: 62 for x86-64, 183 for AArch64 (gABI's registry)} */
  public int machine() {
    return machine;
  }

  /**
   * {@return how many bytes of the file belong to the core, from its beginning: headers, notes and
   * what the file holds of the segments} What is behind them is something else's, as on a disk that
   * a dump was written onto.
   */
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void close() {
    memory.close();
  }
}
