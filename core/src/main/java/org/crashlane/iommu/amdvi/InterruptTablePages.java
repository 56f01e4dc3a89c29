// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * Gathers the pages that the interrupt remapping tables of devices are in; many devices may share
 * one. What of the device table cannot be read is reported where that is read.
 */
final class InterruptTablePages {
  private final PhysicalMemory memory;
  private final InterruptSettings settings;
  private final SortedSet<Long> pages = new TreeSet<>(Long::compareUnsigned);

  InterruptTablePages(PhysicalMemory memory, InterruptSettings settings) {
    this.memory = memory;
    this.settings = settings;
  }

  /** Adds the table of the device whose device table entry is at {@code deviceEntry}. */
  void ofDevice(long deviceEntry) {
    try {
      add(memory.readLong(deviceEntry + InterruptControl.OFFSET_BYTES));
    } catch (UnreadableMemoryException _) {
      // reported as a malformation of the device table
    }
  }

  private void add(long word) {
    if (!InterruptControl.remaps(word)) {
      return;
    }
    long first = settings.table(word);
    long bytes = (long) InterruptControl.entryCount(word) * settings.format().bytes();
    for (long page = Alignment.down(first, PageArena.PAGE_BYTES);
        page < first + bytes;
        page += PageArena.PAGE_BYTES) {
      pages.add(page);
    }
  }

  List<AddressRange> all() {
    return pages.stream().map(page -> AddressRange.ofSize(page, PageArena.PAGE_BYTES)).toList();
  }
}
