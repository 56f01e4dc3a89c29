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
import static org.crashlane.image.ElfLayout.E_FLAGS;
import static org.crashlane.image.ElfLayout.E_MACHINE;
import static org.crashlane.image.ElfLayout.E_PHENTSIZE;
import static org.crashlane.image.ElfLayout.E_PHNUM;
import static org.crashlane.image.ElfLayout.E_PHOFF;
import static org.crashlane.image.ElfLayout.E_SHOFF;
import static org.crashlane.image.ElfLayout.E_TYPE;
import static org.crashlane.image.ElfLayout.PHDR_BYTES;
import static org.crashlane.image.ElfLayout.PN_XNUM;
import static org.crashlane.image.ElfLayout.SHDR_BYTES;
import static org.crashlane.image.ElfLayout.SH_INFO;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.MalformedInputException;

/**
 * The header of a 64-bit little-endian core.
 *
 * @param machine e_machine
 * @param flags e_flags
 * @param tableOffset where the program headers begin, from the beginning of the core
 * @param programHeaderCount how many there are, PN_XNUM resolved
 * @param endBytes where header, program headers and the section header that counts them (if there
 *     is one) end, from the beginning of the core
 */
record ElfHeader(int machine, int flags, long tableOffset, int programHeaderCount, long endBytes) {

  /**
   * Reads and checks the header.
   *
   * @throws MalformedInputException if it is not that of a 64-bit little-endian core whose program
   *     headers lie in the file and within {@code limits}
   */
  static ElfHeader read(DumpWindow window, ElfLimits limits) throws IOException {
    ByteBuffer start = window.readUpTo(0, EHDR_BYTES);
    if (start.limit() < Integer.BYTES || start.getInt(EI_MAG) != ELFMAG) {
      throw window.malformed(0, "not an ELF core: " + ForeignFormat.describe(start));
    }
    ByteBuffer header = window.read(0, EHDR_BYTES, "ELF header");
    require(window, header.get(EI_CLASS) == ELFCLASS64, EI_CLASS, "not a 64-bit ELF file");
    require(window, header.get(EI_DATA) == ELFDATA2LSB, EI_DATA, "not a little-endian ELF file");
    int type = Short.toUnsignedInt(header.getShort(E_TYPE));
    require(window, type == ET_CORE, E_TYPE, "ELF type is %d, not 4 (core)".formatted(type));
    int count = headerCount(window, header);
    int entryBytes = Short.toUnsignedInt(header.getShort(E_PHENTSIZE));
    require(
        window,
        count == 0 || entryBytes == PHDR_BYTES,
        E_PHENTSIZE,
        "program headers of %d bytes, not 56".formatted(entryBytes));
    require(
        window,
        Integer.compareUnsigned(count, limits.programHeaderCount()) <= 0,
        E_PHNUM,
        "%s program headers, more than the limit of %d"
            .formatted(Integer.toUnsignedString(count), limits.programHeaderCount()));
    return new ElfHeader(
        Short.toUnsignedInt(header.getShort(E_MACHINE)),
        header.getInt(E_FLAGS),
        header.getLong(E_PHOFF),
        count,
        endBytes(header, count));
  }

  private static long endBytes(ByteBuffer header, int count) {
    long tables = header.getLong(E_PHOFF) + (long) count * PHDR_BYTES;
    long end = Math.max(EHDR_BYTES, tables);
    return isCountedElsewhere(header) ? Math.max(end, header.getLong(E_SHOFF) + SHDR_BYTES) : end;
  }

  /** {@return all program headers, in the order of the file} */
  List<ProgramHeader> programHeaders(DumpWindow window) throws IOException {
    List<ProgramHeader> headers = new ArrayList<>(programHeaderCount);
    int tableBytes = Math.multiplyExact(programHeaderCount, PHDR_BYTES);
    ByteBuffer table = window.read(tableOffset, tableBytes, "program header table");
    for (int at = 0; at < tableBytes; at += PHDR_BYTES) {
      headers.add(ProgramHeader.at(table, at, tableOffset + at));
    }
    return headers;
  }

  private static int headerCount(DumpWindow window, ByteBuffer header) throws IOException {
    if (!isCountedElsewhere(header)) {
      return Short.toUnsignedInt(header.getShort(E_PHNUM));
    }
    return window.read(header.getLong(E_SHOFF), SHDR_BYTES, "section header 0").getInt(SH_INFO);
  }

  private static boolean isCountedElsewhere(ByteBuffer header) {
    return Short.toUnsignedInt(header.getShort(E_PHNUM)) == PN_XNUM;
  }

  private static void require(DumpWindow window, boolean holds, long offset, String reason) {
    if (!holds) {
      throw window.malformed(offset, reason);
    }
  }
}
