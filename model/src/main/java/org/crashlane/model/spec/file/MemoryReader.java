// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.memory.AddressRange;

/** Reads where memory is, and what of it is kept for the crash. */
final class MemoryReader {
  private static final int PAGE_BYTES = 4096;

  /** The dump goes through the devices byte by byte: a rehearsal takes time by memory. */
  private static final long RAM_LIMIT_BYTES = 64L << 30;

  /** No x86 machine has more than 52 bits of physical address. */
  private static final AddressRange PHYSICAL = new AddressRange(0, (1L << 52) - 1);

  private MemoryReader() {}

  /** {@return the ranges in rising order} */
  static List<AddressRange> ram(List<Value> values) {
    List<AddressRange> ram = new ArrayList<>();
    long sizeBytes = 0;
    for (Value value : values) {
      AddressRange range = pages(value);
      if (range.overlaps(InterruptWindow.RANGE)) {
        throw value.wrong("there is no memory at " + InterruptWindow.RANGE + ": interrupts");
      }
      apart(value, range, ram);
      ram.add(range);
      sizeBytes += range.sizeBytes();
      if (Long.compareUnsigned(sizeBytes, RAM_LIMIT_BYTES) > 0) {
        throw value.wrong("more memory than 64G in all: it is more than a rehearsal can carry");
      }
    }
    ram.sort(null);
    return ram;
  }

  /** {@return the ranges, as they are in the file} */
  static List<AddressRange> crash(List<Value> values, List<AddressRange> ram) {
    List<AddressRange> crash = new ArrayList<>();
    for (Value value : values) {
      AddressRange range = pages(value);
      if (ram.stream().noneMatch(r -> r.contains(range))) {
        throw value.wrong("%s is not in memory, which is at %s".formatted(range, ram));
      }
      apart(value, range, crash);
      crash.add(range);
      if (sizeBytes(crash) == sizeBytes(ram)) {
        throw value.wrong("no memory is left for the kernel that crashes");
      }
    }
    return crash;
  }

  private static long sizeBytes(List<AddressRange> ranges) {
    return ranges.stream().mapToLong(AddressRange::sizeBytes).sum();
  }

  /** {@return a range of whole pages that addresses of memory can have} */
  static AddressRange pages(Value value) {
    AddressRange range = value.range();
    if (!Alignment.isAligned(range.first(), PAGE_BYTES)
        || !Alignment.isAligned(range.last() + 1, PAGE_BYTES)) {
      throw value.wrong(range + " is not made of whole pages of 4 KiB");
    }
    if (!PHYSICAL.contains(range)) {
      throw value.wrong(range + " is beyond " + Hex.of(PHYSICAL.last()) + ", 52 address bits");
    }
    return range;
  }

  /** Refuses a range that shares addresses with one of {@code others}. */
  static void apart(Value value, AddressRange range, List<AddressRange> others) {
    for (AddressRange other : others) {
      if (range.overlaps(other)) {
        throw value.wrong(range + " overlaps " + other);
      }
    }
  }
}
