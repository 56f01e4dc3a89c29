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
 * kexec-tools' {@code crashdump-elf.c}. It stands at the beginning of a page of the crash range,
 * and names all memory but the crash ranges.
 *
 * @param memory what it calls memory of the kernel that died, as it stands there
 * @param notes where notes stand in that memory: of processors, and VMCOREINFO
 */
public record KdumpHeader(List<AddressRange> memory, List<AddressRange> notes) {
  /** More program headers than any machine has pieces of memory and processors. */
  private static final int HEADERS_MAX = 16_384;

  /** Bytes of the ELF header, which {@link #mayStartAt} looks at. */
  public static final int HEAD_BYTES = EHDR_BYTES;

  /** The most bytes that {@link #parse} looks at. */
  public static final int BYTES_MAX = EHDR_BYTES + HEADERS_MAX * PHDR_BYTES;

  public KdumpHeader {
    memory = List.copyOf(memory);
    notes = List.copyOf(notes);
  }

  /**
   * {@return true if what stands at {@code position} begins like one}
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
    for (int i = 0; i < count; i++) {
      int at = (int) table + i * PHDR_BYTES;
      ProgramHeader header = ProgramHeader.at(bytes, at, at);
      if (!isSound(header)) {
        return Optional.empty();
      }
      long bytesThere = header.memoryBytes();
      switch (header.type()) {
        case PT_LOAD -> memory.add(AddressRange.ofSize(header.physicalAddress(), bytesThere));
        case PT_NOTE -> notes.add(AddressRange.ofSize(header.physicalAddress(), bytesThere));
        default -> {}
      }
    }
    return memory.isEmpty() ? Optional.empty() : Optional.of(new KdumpHeader(memory, notes));
  }

  /** In memory, where a segment stands is its offset too; in a core file it is not. */
  private static boolean isSound(ProgramHeader header) {
    long first = header.physicalAddress();
    long bytes = header.memoryBytes();
    return (header.type() != PT_LOAD && header.type() != PT_NOTE)
        || (header.offset() == first && bytes > 0 && first >= 0 && first + bytes > first);
  }
}
