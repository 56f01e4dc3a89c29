// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.DomainIds;
import org.crashlane.model.mode.paging.DriverTables;
import org.crashlane.pci.RequesterId;

/** A kernel's root and context tables of one unit, and the domain ids that it gave there. */
final class ContextTables {
  private static final int BUS_COUNT = 256;
  private static final int WORDS_OF_TABLE = BUS_COUNT * ContextEntry.BYTES / Long.BYTES;
  private static final int WORDS_OF_ENTRY = ContextEntry.BYTES / Long.BYTES;

  private final UnitDriver unit;
  private final long root;
  private final DomainIds domainIds;

  /** Requesters whose entries are copies of another kernel's. */
  private final BitSet copied;

  private ContextTables(UnitDriver unit, long root, DomainIds domainIds, BitSet copied) {
    this.unit = unit;
    this.root = root;
    this.domainIds = domainIds;
    this.copied = copied;
  }

  /** {@return tables without an entry, not yet the unit's, if there is a page for them} */
  static Optional<ContextTables> empty(Cpu cpu, UnitDriver unit, PageFrames frames) {
    OptionalLong root = DriverTables.newTable(cpu.memory(), frames);
    return root.isEmpty()
        ? Optional.empty()
        : Optional.of(new ContextTables(unit, root.getAsLong(), new DomainIds(), new BitSet()));
  }

  ContextTables fork() {
    return new ContextTables(unit, root, domainIds.fork(), (BitSet) copied.clone());
  }

  void addTo(Fingerprint into) {
    into.add(root);
    domainIds.addTo(into);
    into.add(copied);
  }

  UnitDriver unit() {
    return unit;
  }

  /** {@return what RTADDR is to hold} */
  long root() {
    return root;
  }

  DomainIds domainIds() {
    return domainIds;
  }

  /**
   * {@return tables with the present entries of another kernel's ({@code copy_translation_tables}
   * of Linux 4.2), not yet the unit's; nothing if there are not enough pages, or a table cannot be
   * read} What the entries point to stays where it is.
   */
  static Optional<ContextTables> copyOf(Cpu cpu, UnitDriver unit, long oldRoot, PageFrames frames) {
    Optional<ContextTables> tables = empty(cpu, unit, frames);
    if (tables.isPresent() && !tables.get().copyFrom(cpu.memory(), oldRoot, frames)) {
      tables.get().discard(cpu.memory(), frames);
      return Optional.empty();
    }
    return tables;
  }

  private boolean copyFrom(WritableMemory memory, long oldRoot, PageFrames frames) {
    try {
      for (int bus = 0; bus < BUS_COUNT; bus++) {
        long low = memory.readLong(RootEntry.address(oldRoot, bus));
        if (RootEntry.isPresent(low)
            && !copyBus(memory, bus, RootEntry.contextTable(low), frames)) {
          return false;
        }
      }
      return true;
    } catch (UnreadableMemoryException e) {
      return false;
    }
  }

  private void discard(WritableMemory memory, PageFrames frames) {
    for (int bus = 0; bus < BUS_COUNT; bus++) {
      long low = memory.readLong(RootEntry.address(root, bus));
      if (RootEntry.isPresent(low)) {
        frames.giveBack(RootEntry.contextTable(low), PageFrames.PAGE_BYTES);
      }
    }
    frames.giveBack(root, PageFrames.PAGE_BYTES);
  }

  private boolean copyBus(WritableMemory memory, int bus, long oldTable, PageFrames frames) {
    long[] words = new long[WORDS_OF_TABLE];
    memory.readLongs(oldTable, words, words.length);
    OptionalLong table = frames.takePage();
    if (table.isEmpty()) {
      return false;
    }
    for (int devfn = 0; devfn < BUS_COUNT; devfn++) {
      int word = devfn * WORDS_OF_ENTRY;
      if (ContextEntry.isPresent(words[word])) {
        domainIds.keep(ContextEntry.domainId(words[word + 1]));
        copied.set(RequesterId.of(bus, devfn).value());
      } else {
        words[word] = 0;
        words[word + 1] = 0;
      }
    }
    memory.writeLongs(table.getAsLong(), words, words.length);
    memory.writeLong(RootEntry.address(root, bus), RootEntry.low(table.getAsLong()));
    return true;
  }

  /**
   * Writes a requester's entry ({@code domain_context_mapping_one}). What the unit remembers of a
   * copied one is dropped first, by the domain that it was of.
   *
   * @return false if there was no page for a context table: nothing was written
   */
  boolean install(Cpu cpu, PageFrames frames, RequesterId requester, long low, long high) {
    WritableMemory memory = cpu.memory();
    long rootEntry = RootEntry.address(root, requester.bus());
    long present = memory.readLong(rootEntry);
    if (!RootEntry.isPresent(present)) {
      OptionalLong table = DriverTables.newTable(memory, frames);
      if (table.isEmpty()) {
        return false;
      }
      present = RootEntry.low(table.getAsLong());
      memory.writeLong(rootEntry, present);
    }
    long at = ContextEntry.address(RootEntry.contextTable(present), requester.devfn());
    if (copied.get(requester.value())) {
      int oldDomain = ContextEntry.domainId(memory.readLong(at + Long.BYTES));
      memory.writeLong(at, 0);
      unit.flushContext(cpu, requester, oldDomain);
      unit.flushTranslations(cpu, oldDomain);
      copied.clear(requester.value());
    }
    memory.writeLong(at + Long.BYTES, high);
    memory.writeLong(at, low);
    if (unit.cachesAbsent()) {
      unit.flushContext(cpu, requester, 0);
      unit.flushTranslations(cpu, ContextEntry.domainId(high));
    }
    return true;
  }
}
