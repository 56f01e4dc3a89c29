// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;

/** Reads where memory is, and what of it is kept for the crash. */
final class MemoryReader {
  static final int PAGE_BYTES = 4096;
  private static final int SHOWN = 8;

  /** Every page of it is mapped and read back: a rehearsal takes time by what is kept. */
  private static final long CRASH_LIMIT_BYTES = 16L << 30;

  /** The model's capture kernel needs a ring, buffers and a table or two. */
  private static final long CRASH_LEAST_BYTES = 1L << 20;

  /** No x86 machine has more than 52 bits of physical address. */
  static final AddressRange PHYSICAL = new AddressRange(0, (1L << 52) - 1);

  private MemoryReader() {}

  /** {@return where memory is, in rising order: ranges that touch are one} */
  static List<AddressRange> ram(List<Value> values) {
    List<AddressRange> ram = new ArrayList<>();
    for (Value value : values) {
      AddressRange range = pages(value);
      if (range.overlaps(InterruptWindow.RANGE)) {
        throw value.wrong("there is no memory at " + InterruptWindow.RANGE + ": interrupts");
      }
      apart(value, range, ram);
      ram.add(range);
    }
    // A memory map may have several pieces of what is one range, and a crash range goes across.
    return Ranges.joined(ram);
  }

  /** {@return the ranges, as they are in the file} */
  static List<AddressRange> crash(Value list, List<AddressRange> ram) {
    List<AddressRange> crash = new ArrayList<>();
    long left = Ranges.sizeBytes(ram);
    long sizeBytes = 0;
    for (Value value : list.items(1, MachineReader.LIST_LIMIT)) {
      AddressRange range = pages(value);
      if (ram.stream().noneMatch(r -> r.contains(range))) {
        throw value.wrong("%s is not in memory, which is at %s".formatted(range, shown(ram)));
      }
      apart(value, range, crash);
      crash.add(range);
      sizeBytes += range.sizeBytes();
      left -= range.sizeBytes();
      if (left == 0) {
        throw value.wrong("no memory is left for the kernel that crashes");
      }
      if (sizeBytes > CRASH_LIMIT_BYTES) {
        throw value.wrong("more than 16G in all: it is more than a rehearsal can carry");
      }
    }
    if (sizeBytes < CRASH_LEAST_BYTES) {
      throw list.wrong(
          "%dK in all: too small for a capture kernel; expected 1M at least, and real kernels need"
                  .formatted(sizeBytes >> 10)
              + " far more");
    }
    return crash;
  }

  private static String shown(List<AddressRange> ranges) {
    String first =
        ranges.stream().limit(SHOWN).map(AddressRange::toString).collect(Collectors.joining(", "));
    return first + (ranges.size() > SHOWN ? " and " + (ranges.size() - SHOWN) + " more" : "");
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
