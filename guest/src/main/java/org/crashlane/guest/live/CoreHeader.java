// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * The ELF header that kexec puts into the crash range for the capture kernel to make {@code
 * /proc/vmcore} of (ELF64 of the System V gABI; kexec-tools' crashdump-elf.c, Linux's
 * arch/x86/kernel/crash.c). Its segments are all memory of the primary kernel but the crash ranges.
 *
 * @param address where it was found, the beginning of a page
 * @param segments the physical addresses that go into the dump
 */
record CoreHeader(long address, List<AddressRange> segments) {
  private static final long PAGE_BYTES = 4096;

  /** e_ident: ELF, 64 bits, little-endian, version 1. */
  private static final long IDENT = 0x00010102464c457fL;

  private static final BitField TYPE = BitField.bits("e_type", 15, 0);
  private static final long ET_CORE = 4;
  private static final int TYPE_OFFSET = 16;
  private static final int PHOFF_OFFSET = 32;
  private static final BitField PHENTSIZE = BitField.bits("e_phentsize", 63, 48);
  private static final int PHENTSIZE_OFFSET = 48;
  private static final BitField PHNUM = BitField.bits("e_phnum", 15, 0);
  private static final int PHNUM_OFFSET = 56;
  private static final long HEADER_BYTES = 56;
  private static final BitField SEGMENT_TYPE = BitField.bits("p_type", 31, 0);
  private static final long PT_LOAD = 1;
  private static final int PADDR_OFFSET = 24;
  private static final int MEMSZ_OFFSET = 40;

  CoreHeader {
    segments = List.copyOf(segments);
  }

  /** {@return the header in one of the ranges, if there is one; kexec puts it near either end} */
  static Optional<CoreHeader> find(PhysicalMemory memory, List<AddressRange> ranges) {
    for (AddressRange range : ranges) {
      long pageCount = range.sizeBytes() / PAGE_BYTES;
      for (long i = 0; i < (pageCount + 1) / 2; i++) {
        for (long page : List.of(i, pageCount - 1 - i)) {
          long address = range.first() + page * PAGE_BYTES;
          if (memory.readLong(address) == IDENT
              && TYPE.get(memory.readLong(address + TYPE_OFFSET)) == ET_CORE) {
            return Optional.of(new CoreHeader(address, segments(memory, address, range)));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static List<AddressRange> segments(
      PhysicalMemory memory, long address, AddressRange range) {
    long headers = address + memory.readLong(address + PHOFF_OFFSET);
    long count = PHNUM.get(memory.readLong(address + PHNUM_OFFSET));
    boolean known = PHENTSIZE.get(memory.readLong(address + PHENTSIZE_OFFSET)) == HEADER_BYTES;
    List<AddressRange> segments = new ArrayList<>();
    for (long i = 0; known && i < count; i++) {
      long at = headers + i * HEADER_BYTES;
      if (!range.contains(at) || !range.contains(at + HEADER_BYTES - 1)) {
        break;
      }
      long first = memory.readLong(at + PADDR_OFFSET);
      long sizeBytes = memory.readLong(at + MEMSZ_OFFSET);
      boolean wraps = sizeBytes <= 0 || first + (sizeBytes - 1) < first;
      if (SEGMENT_TYPE.get(memory.readLong(at)) == PT_LOAD && first >= 0 && !wraps) {
        segments.add(AddressRange.ofSize(first, sizeBytes));
      }
    }
    return segments;
  }

  /** {@return the gap between the segments around {@code range}, or nothing if one overlaps it} */
  Optional<AddressRange> gap(AddressRange range) {
    long first = 0;
    long last = Long.MAX_VALUE;
    for (AddressRange segment : segments) {
      if (segment.overlaps(range)) {
        return Optional.empty();
      }
      if (segment.last() < range.first()) {
        first = Math.max(first, segment.last() + 1);
      } else {
        last = Math.min(last, segment.first() - 1);
      }
    }
    return Optional.of(new AddressRange(first, last));
  }
}
