// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** Gathers what a reader of device tables finds. */
final class DeviceTableReading {
  private final PhysicalMemory memory;
  private final List<Attachment> attachments = new ArrayList<>();
  private final List<Malformation> malformations = new ArrayList<>();
  private final List<AddressRange> pages = new ArrayList<>();

  DeviceTableReading(PhysicalMemory memory) {
    this.memory = memory;
  }

  /**
   * {@return the page at {@code address}, or nothing where it cannot be read, which is told}
   *
   * @param from physical address of the entry that points to it
   * @param raw that entry
   */
  Optional<long[]> page(String what, long address, long from, long raw) {
    long[] page = new long[PageTable.ENTRY_COUNT];
    try {
      memory.readLongs(address, page, page.length);
    } catch (UnreadableMemoryException e) {
      String reason = "%s at %s: %s".formatted(what, Hex.of(address), e.reason());
      malformations.add(new Malformation(from, raw, 0, Malformation.Kind.UNREADABLE, reason));
      return Optional.empty();
    }
    pages.add(AddressRange.ofSize(address, PageTable.PAGE_BYTES));
    return Optional.of(page);
  }

  void attach(Attachment attachment) {
    attachments.add(attachment);
  }

  /**
   * Tells of bits that must be zero and are not, if there are any.
   *
   * @param reserved the bits of {@code word} that must be zero
   */
  void reserved(String what, long at, long word, long reserved) {
    long set = word & reserved;
    if (set != 0) {
      String reason = "reserved bits of the " + what + " are set: " + Hex.of(set);
      malformations.add(new Malformation(at, word, 0, Malformation.Kind.RESERVED, reason));
    }
  }

  DeviceTables found() {
    return new DeviceTables(attachments, malformations, pages);
  }
}
