// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;

/**
 * What kexec leaves for Linux on x86 at the beginning of a page (Documentation/arch/x86/boot.rst
 * and zero-page.rst). The guest may have written anything there.
 *
 * @param memory what the kernel may use
 * @param commandLine where its parameters are
 * @param commandLineBytes how long they may be
 * @param initrd where its first file system is; 0 if it has none
 */
record BootParameters(
    List<AddressRange> memory, long commandLine, int commandLineBytes, long initrd) {
  private static final int EXT_RAMDISK_IMAGE = 0xc0;
  private static final int EXT_CMD_LINE_PTR = 0xc8;
  private static final int E820_ENTRIES = 0x1e8;
  private static final int HEADER_MAGIC = 0x202;
  private static final int RAMDISK_IMAGE = 0x218;
  private static final int CMD_LINE_PTR = 0x228;
  private static final int CMDLINE_SIZE = 0x238;
  private static final int E820_TABLE = 0x2d0;

  private static final int HDRS = 0x53726448;
  private static final int E820_ENTRIES_MAX = 128;
  private static final int E820_ENTRY_BYTES = 20;
  private static final int E820_SIZE = 8;
  private static final int E820_TYPE = 16;
  private static final int E820_RAM = 1;

  /** Linux on x86 takes 2048 (COMMAND_LINE_SIZE). */
  private static final int COMMAND_LINE_BYTES_MAX = 4096;

  private static final int CHUNK_BYTES = 1 << 20;

  /** {@code elfcorehdr=[SIZE@]ADDRESS}, each with a unit or without. */
  private static final Pattern CORE_HEADER =
      Pattern.compile(
          "(?:^| )elfcorehdr=(?:[^ @]*@)?(0[xX][0-9a-fA-F]{1,15}|[1-9][0-9]{0,17})([KMG]?)(?= |$)");

  /** So much of the first file system is looked at. */
  private static final int INITRD_BYTES = 4096;

  /** A file of a cpio archive ("newc"), and in it a table of 48 bytes: header, width and flags. */
  private static final Pattern HIDDEN_DMAR =
      Pattern.compile(
          "^(?:070701[0-9a-fA-F]{104}kernel[a-z/]*\\x00{1,4})*"
              + "070701[0-9a-fA-F]{104}kernel/firmware/acpi/[^\\x00]{1,64}\\x00{1,4}DMAR0\\x00{3}");

  BootParameters {
    memory = List.copyOf(memory);
  }

  /** {@return the first in {@code range} that are {@code right}; nothing if none are} */
  static Optional<BootParameters> find(
      SparingReader memory, AddressRange range, Predicate<BootParameters> right)
      throws IOException {
    ByteBuffer chunk = SparingReader.buffer(CHUNK_BYTES);
    for (long at = Alignment.up(range.first(), PageArena.PAGE_BYTES);
        range.contains(at);
        at += CHUNK_BYTES) {
      memory.read(at, chunk);
      for (int page = 0;
          page + PageArena.PAGE_BYTES <= chunk.limit();
          page += PageArena.PAGE_BYTES) {
        Optional<BootParameters> found = at(chunk, page).filter(right);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** {@return those in this page, if there are any} */
  private static Optional<BootParameters> at(ByteBuffer bytes, int page) {
    int count = Byte.toUnsignedInt(bytes.get(page + E820_ENTRIES));
    if (bytes.getInt(page + HEADER_MAGIC) != HDRS || count > E820_ENTRIES_MAX) {
      return Optional.empty();
    }
    List<AddressRange> memory = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int entry = page + E820_TABLE + i * E820_ENTRY_BYTES;
      long first = bytes.getLong(entry);
      long sizeBytes = bytes.getLong(entry + E820_SIZE);
      boolean sound = first >= 0 && sizeBytes > 0 && first <= Long.MAX_VALUE - sizeBytes;
      if (sound && bytes.getInt(entry + E820_TYPE) == E820_RAM) {
        memory.add(AddressRange.ofSize(first, sizeBytes));
      }
    }
    return Optional.of(
        new BootParameters(
            memory,
            address(bytes, page + CMD_LINE_PTR, page + EXT_CMD_LINE_PTR),
            bytes.getInt(page + CMDLINE_SIZE),
            address(bytes, page + RAMDISK_IMAGE, page + EXT_RAMDISK_IMAGE)));
  }

  private static long address(ByteBuffer bytes, int low, int high) {
    return (long) bytes.getInt(high) << Integer.SIZE | Integer.toUnsignedLong(bytes.getInt(low));
  }

  /**
   * {@return true if the first file system begins with an ACPI table that shows no Intel IOMMU:
   * Linux takes it in place of firmware's if it was built with CONFIG_ACPI_TABLE_UPGRADE, and is
   * not locked down}
   */
  boolean hidesIommu(SparingReader memory) throws IOException {
    if (initrd <= 0) {
      return false;
    }
    ByteBuffer bytes = SparingReader.buffer(INITRD_BYTES);
    memory.read(initrd, bytes);
    byte[] begin = new byte[bytes.limit()];
    bytes.get(0, begin);
    return HIDDEN_DMAR.matcher(new String(begin, ISO_8859_1)).find();
  }

  /**
   * {@return the command line; nothing if it is longer than it may be, has other than printable
   * characters, or leads to another core header than {@code coreHeader}}
   */
  Optional<String> readCommandLine(SparingReader memory, long coreHeader) throws IOException {
    if (commandLine < 0 || commandLineBytes <= 0) {
      return Optional.empty();
    }
    ByteBuffer bytes = SparingReader.buffer(COMMAND_LINE_BYTES_MAX);
    memory.read(commandLine, bytes);
    int end = 0;
    while (end < bytes.limit() && isPrintable(bytes.get(end))) {
      end++;
    }
    if (end == bytes.limit() || end > commandLineBytes || bytes.get(end) != 0) {
      return Optional.empty();
    }
    byte[] text = new byte[end];
    bytes.get(0, text);
    String line = new String(text, US_ASCII).strip();
    return leadsTo(line, coreHeader) ? Optional.of(line) : Optional.empty();
  }

  private static boolean isPrintable(byte character) {
    return character >= ' ' && character <= '~';
  }

  private static boolean leadsTo(String commandLine, long coreHeader) {
    Matcher m = CORE_HEADER.matcher(commandLine);
    boolean leads = false;
    while (m.find()) {
      int shift = m.group(2).isEmpty() ? 0 : 10 * ("KMG".indexOf(m.group(2)) + 1);
      leads =
          Alignment.isAligned(coreHeader, 1L << shift)
              && Long.decode(m.group(1)) == coreHeader >>> shift;
    }
    return leads;
  }
}
