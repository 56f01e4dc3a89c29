// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.ElfLayout.EHDR_BYTES;
import static org.crashlane.image.ElfLayout.EI_CLASS;
import static org.crashlane.image.ElfLayout.EI_DATA;
import static org.crashlane.image.ElfLayout.EI_MAG;
import static org.crashlane.image.ElfLayout.ELFCLASS64;
import static org.crashlane.image.ElfLayout.ELFDATA2LSB;
import static org.crashlane.image.ElfLayout.ELFMAG;
import static org.crashlane.image.ElfLayout.ET_CORE;
import static org.crashlane.image.ElfLayout.E_PHENTSIZE;
import static org.crashlane.image.ElfLayout.E_PHNUM;
import static org.crashlane.image.ElfLayout.E_PHOFF;
import static org.crashlane.image.ElfLayout.E_TYPE;
import static org.crashlane.image.ElfLayout.PHDR_BYTES;
import static org.crashlane.image.ElfLayout.PT_LOAD;
import static org.crashlane.image.ElfLayout.PT_NOTE;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;

/**
 * The ELF core header that is loaded beside a capture kernel and tells it of the memory of the
 * kernel that died: {@code crash_prepare_elf64_headers}, Linux 6.1 {@code kernel/kexec_file.c}, or
 * kexec-tools' {@code crashdump-elf.c}. It is at the beginning of a page of the crash range, and
 * names all memory but the crash ranges.
 *
 * <p>Where a segment is in memory is its offset too, but for what the capture kernel may overwrite
 * below 640 KiB: kexec's purgatory copies that into the crash range, and the segment's offset is
 * where the copy is (kexec-tools {@code crashdump-elf.c}, without {@code kexec -s}; Linux before
 * 5.4 with it, commit 7c321eb2b843).
 *
 * @param memory what it calls memory of the kernel that died, as it is there
 * @param notes where notes are in that memory: of processors, and VMCOREINFO
 * @param copies where copies of memory below 1 MiB are made
 */
public record KdumpHeader(
    List<AddressRange> memory, List<AddressRange> notes, List<AddressRange> copies) {
  /** What firmware and the real-mode trampoline use. */
  private static final AddressRange FIRST_MEBIBYTE = AddressRange.ofSize(0, 1 << 20);

  /** More program headers than any machine has pieces of memory and processors. */
  private static final int HEADERS_MAX = 16_384;

  /** Bytes of the ELF header, which {@link #mayStartAt} looks at. */
  public static final int HEAD_BYTES = EHDR_BYTES;

  /** The most bytes that {@link #parse} looks at. */
  public static final int BYTES_MAX = EHDR_BYTES + HEADERS_MAX * PHDR_BYTES;

  public KdumpHeader {
    memory = List.copyOf(memory);
    notes = List.copyOf(notes);
    copies = List.copyOf(copies);
  }

  /**
   * {@return true if what is at {@code position} begins like one}
   *
   * @param bytes little-endian, with a whole ELF header from {@code position} on
   */
  public static boolean mayStartAt(ByteBuffer bytes, int position) {
    return bytes.getInt(position + EI_MAG) == ELFMAG
        && bytes.get(position + EI_CLASS) == ELFCLASS64
        && bytes.get(position + EI_DATA) == ELFDATA2LSB
        && bytes.getShort(position + E_TYPE) == ET_CORE
        && bytes.getShort(position + E_PHENTSIZE) == PHDR_BYTES;
  }

  /**
   * {@return the header at the beginning of {@code bytes}; nothing if it is none, is cut off, or
   * names no memory}
   *
   * @param bytes little-endian, from position 0 to its limit
   */
  public static Optional<KdumpHeader> parse(ByteBuffer bytes) {
    if (bytes.limit() < EHDR_BYTES || !mayStartAt(bytes, 0)) {
      return Optional.empty();
    }
    int count = Short.toUnsignedInt(bytes.getShort(E_PHNUM));
    long table = bytes.getLong(E_PHOFF);
    long end = table + (long) count * PHDR_BYTES;
    if (count > HEADERS_MAX || table < EHDR_BYTES || end > bytes.limit() || end < table) {
      return Optional.empty();
    }
    List<AddressRange> memory = new ArrayList<>();
    List<AddressRange> notes = new ArrayList<>();
    List<AddressRange> copies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = (int) table + i * PHDR_BYTES;
      ProgramHeader header = ProgramHeader.at(bytes, at, at);
      if (header.type() != PT_LOAD && header.type() != PT_NOTE) {
        continue;
      }
      long sizeBytes = header.memoryBytes();
      if (!isRange(header.physicalAddress(), sizeBytes) || !isRange(header.offset(), sizeBytes)) {
        return Optional.empty();
      }
      AddressRange range = AddressRange.ofSize(header.physicalAddress(), sizeBytes);
      (header.type() == PT_LOAD ? memory : notes).add(range);
      if (header.offset() != range.first()) {
        if (header.type() == PT_NOTE || !FIRST_MEBIBYTE.contains(range.last())) {
          return Optional.empty();
        }
        copies.add(AddressRange.ofSize(header.offset(), sizeBytes));
      }
    }
    return memory.isEmpty()
        ? Optional.empty()
        : Optional.of(new KdumpHeader(memory, notes, copies));
  }

  private static boolean isRange(long first, long sizeBytes) {
    return first >= 0 && sizeBytes > 0 && first + sizeBytes > first;
  }
}
