// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.crashlane.image.KdumpHeader;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * The header of a loaded capture kernel, looked for through the mapping of the guest's memory:
 * reading the files as {@link CaptureImage} does would give up the lock that a hand holds on them.
 *
 * @param address where it was found, the beginning of a page
 * @param segments the physical addresses that go into the dump
 */
record CoreHeader(long address, List<AddressRange> segments) {
  CoreHeader {
    segments = List.copyOf(segments);
  }

  /** {@return the header in one of the ranges, if there is one; kexec puts it near either end} */
  static Optional<CoreHeader> find(PhysicalMemory memory, List<AddressRange> ranges) {
    byte[] bytes = new byte[KdumpHeader.BYTES_MAX];
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (AddressRange range : ranges) {
      long pageCount = range.sizeBytes() / PageArena.PAGE_BYTES;
      for (long i = 0; i < (pageCount + 1) / 2; i++) {
        for (long page : List.of(i, pageCount - 1 - i)) {
          long address = range.first() + page * PageArena.PAGE_BYTES;
          memory.read(address, bytes, 0, KdumpHeader.HEAD_BYTES);
          if (KdumpHeader.mayStartAt(header, 0)) {
            int length = (int) Math.min(bytes.length, range.last() - address + 1);
            memory.read(address, bytes, 0, length);
            Optional<KdumpHeader> found = KdumpHeader.parse(header.limit(length));
            header.clear();
            if (found.isPresent()) {
              return Optional.of(new CoreHeader(address, found.get().memory()));
            }
          }
        }
      }
    }
    return Optional.empty();
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
