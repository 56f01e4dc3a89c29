// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/** Reads root, context and PASID tables in scalable mode. */
final class ScalableDeviceTables {
  private static final String UNREADABLE = "its root or context table cannot be read";

  private final UnitConfig config;
  private final DeviceTableReading reading;
  private final PasidLookup lookup;
  private final Set<Long> pasidPagesRead = new HashSet<>();

  private ScalableDeviceTables(PhysicalMemory memory, UnitConfig config) {
    this.config = config;
    this.reading = new DeviceTableReading(memory);
    this.lookup = new PasidLookup(memory, config);
  }

  static DeviceTables read(PhysicalMemory memory, UnitConfig config) {
    ScalableDeviceTables tables = new ScalableDeviceTables(memory, config);
    tables.root();
    return tables.reading.found();
  }

  private void root() {
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    Optional<long[]> page =
        reading.page("root table", rootTable, rootTable, config.rootTableAddress());
    for (int bus = 0; bus < RootEntry.COUNT; bus++) {
      for (int half = 0; half < RootEntry.WORDS; half++) {
        if (page.isEmpty()) {
          unknownHalf(bus, half * ScalableContextEntry.COUNT);
        } else {
          int first = bus * RootEntry.WORDS;
          long[] words = Arrays.copyOfRange(page.get(), first, first + RootEntry.WORDS);
          half(bus, half, RootEntry.address(rootTable, bus), words);
        }
      }
    }
  }

  private void half(int bus, int half, long rootAt, long[] root) {
    long at = rootAt + (long) half * Long.BYTES;
    // Bits of a half that is not present matter too, where the other is.
    if (ScalableRootEntry.isPresent(root[0] | root[1])) {
      long reserved = ScalableRootEntry.reserved(config.hostAddressWidth());
      reading.reserved("scalable root entry", at, root[half], reserved);
    }
    if (ScalableRootEntry.fault(root, half, config.hostAddressWidth()).isPresent()) {
      return;
    }
    int firstDevfn = half * ScalableContextEntry.COUNT;
    long contextTable = ScalableRootEntry.contextTable(root[half]);
    Optional<long[]> page = reading.page("context table", contextTable, at, root[half]);
    if (page.isEmpty()) {
      unknownHalf(bus, firstDevfn);
      return;
    }
    for (int i = 0; i < ScalableContextEntry.COUNT; i++) {
      int first = i * ScalableContextEntry.WORDS;
      long[] words = Arrays.copyOfRange(page.get(), first, first + ScalableContextEntry.WORDS);
      if (ScalableContextEntry.isPresent(words[0])) {
        int devfn = firstDevfn + i;
        long entryAt = ScalableContextEntry.address(contextTable, devfn);
        reading.attach(attachment(RequesterId.of(bus, devfn), entryAt, words));
      }
    }
  }

  private void unknownHalf(int bus, int firstDevfn) {
    for (int i = 0; i < ScalableContextEntry.COUNT; i++) {
      RequesterId requester = RequesterId.of(bus, firstDevfn + i);
      reading.attach(new Attachment.Unsupported(requester, UNREADABLE));
    }
  }

  private Attachment attachment(RequesterId requester, long at, long[] words) {
    for (int i = 0; i < words.length; i++) {
      long reserved = ScalableContextEntry.reserved(i, config.hostAddressWidth());
      reading.reserved("scalable context entry", at + (long) i * Long.BYTES, words[i], reserved);
    }
    Optional<FaultReason> fault = ScalableContextEntry.fault(words, config.hostAddressWidth());
    if (fault.isPresent()) {
      return new Attachment.Blocked(requester, fault.get().meaning());
    }
    pasidPages(words[0], at);
    return switch (lookup.route(words[0], words[1])) {
      case PasidRoute.SecondLevel s ->
          new Attachment.Translated(requester, s.table(), s.domainId());
      case PasidRoute.PassThrough p -> new Attachment.PassThrough(requester, p.domainId());
      case PasidRoute.FirstLevel f ->
          new Attachment.Unsupported(requester, "first-level tables at " + f.table());
      case PasidRoute.Nested n ->
          new Attachment.Unsupported(
              requester, "nested translation, PASID table entry at " + Hex.of(n.entryAddress()));
      case PasidRoute.Broken b -> new Attachment.Blocked(requester, b.reason().meaning());
      case PasidRoute.Unreadable u -> new Attachment.Unsupported(requester, u.cause().getMessage());
    };
  }

  /** Notes the pages of the PASID directory that word 0 of a context entry names, and below. */
  private void pasidPages(long word0, long at) {
    long directory = ScalableContextEntry.directory(word0);
    int pageCount =
        ScalableContextEntry.directoryCount(word0)
            * PasidDirectoryEntry.BYTES
            / PageTable.PAGE_BYTES;
    for (int i = 0; i < Math.max(1, pageCount); i++) {
      long address = directory + (long) i * PageTable.PAGE_BYTES;
      if (pasidPagesRead.add(address)) {
        reading
            .page("PASID directory", address, at, word0)
            .ifPresent(page -> pasidTablePages(page, address));
      }
    }
  }

  private void pasidTablePages(long[] directoryPage, long address) {
    for (int i = 0; i < directoryPage.length; i++) {
      long entry = directoryPage[i];
      long table = PasidDirectoryEntry.SMPTBLPTR.inPlace(entry);
      if (PasidDirectoryEntry.P.isSet(entry) && pasidPagesRead.add(table)) {
        reading.page("PASID table", table, PageTable.entryAddress(address, i), entry);
      }
    }
  }
}
