// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.DeviceTableReading;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/** Reads root, context and PASID tables in scalable mode. */
final class ScalableDeviceTables {
  private static final int PASID_ENTRY_WORDS = PasidTableEntry.BYTES / Long.BYTES;
  private static final int PASIDS_OF_TABLE = UnitConfig.PAGE_BYTES / PasidTableEntry.BYTES;
  private static final long PASIDS_OF_DIRECTORY_PAGE =
      (long) PASIDS_OF_TABLE * (UnitConfig.PAGE_BYTES / PasidDirectoryEntry.BYTES);

  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final DeviceTableReading reading;
  private final PasidLookup lookup;
  private final List<Directory> directories = new ArrayList<>();
  private final Map<Long, PresentPasids> ofDirectoryPage = new HashMap<>();
  private final Map<Long, PresentPasids> ofTable = new HashMap<>();

  /**
   * A PASID directory, to be read when all that tells where devices go has been.
   *
   * @param requester whose it is
   * @param word0 the word of the context entry that points to it
   * @param ridPasid the PASID that represents requests without one
   * @param at the address of that word
   */
  private record Directory(RequesterId requester, long word0, long ridPasid, long at) {}

  private ScalableDeviceTables(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.config = config;
    this.reading = new DeviceTableReading(memory, limits, UnitConfig.PAGE_BYTES);
    this.memory = memory;
    this.lookup = new PasidLookup(config);
  }

  static DeviceTables read(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    ScalableDeviceTables tables = new ScalableDeviceTables(memory, config, limits);
    tables.root();
    tables.directories.forEach(tables::pasidPages);
    return tables.reading.found();
  }

  private void root() {
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    Optional<long[]> page =
        reading.page(Named.ROOT_TABLE, rootTable, rootTable, config.rootTableAddress());
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
      reading.reserved(
          half == 0 ? ScalableRootEntry.LOW : ScalableRootEntry.HIGH, at, root[half], reserved);
    }
    if (ScalableRootEntry.fault(root, half, config.hostAddressWidth()).isPresent()) {
      return;
    }
    int firstDevfn = half * ScalableContextEntry.COUNT;
    long contextTable = ScalableRootEntry.contextTable(root[half]);
    Optional<long[]> page = reading.page(Named.CONTEXT_TABLE, contextTable, at, root[half]);
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
      reading.attach(new Attachment.Unsupported(requester, Reason.of(Named.CONTEXT_UNREADABLE)));
    }
  }

  private Attachment attachment(RequesterId requester, long at, long[] words) {
    for (int i = 0; i < words.length; i++) {
      long reserved = ScalableContextEntry.reserved(i, config.hostAddressWidth());
      reading.reserved(
          ScalableContextEntry.LAYOUTS.get(i), at + (long) i * Long.BYTES, words[i], reserved);
    }
    Optional<FaultReason> fault = ScalableContextEntry.fault(words, config.hostAddressWidth());
    if (fault.isPresent()) {
      return new Attachment.Blocked(requester, Reason.of(fault.get()));
    }
    directories.add(new Directory(requester, words[0], lookup.ridPasid(words[1]), at));
    return switch (lookup.route(memory, words[0], words[1])) {
      case PasidRoute.SecondLevel s ->
          new Attachment.Translated(requester, s.table(), s.domainId());
      case PasidRoute.PassThrough p -> new Attachment.PassThrough(requester, p.domainId());
      case PasidRoute.FirstLevel f when f.privilege() != PageTableFormat.Privilege.USER ->
          new Attachment.Unsupported(
              requester,
              Reason.of(
                  Named.PRIVILEGED,
                  new Reason.At(f.table().root()),
                  new Reason.Levels(f.table().levels())));
      case PasidRoute.FirstLevel f -> new Attachment.Translated(requester, f.table(), f.domainId());
      case PasidRoute.Nested n ->
          new Attachment.Unsupported(
              requester, Reason.of(Named.NESTED, new Reason.At(n.entryAddress())));
      case PasidRoute.Broken b -> new Attachment.Blocked(requester, Reason.of(b.reason()));
      case PasidRoute.Unreadable u ->
          new Attachment.Unsupported(
              requester,
              Reason.of(
                  u.reason(),
                  new Reason.At(u.cause().address()),
                  new Reason.Because(u.cause().absence())));
    };
  }

  /** Notes the pages of a PASID directory, and below, and whether other PASIDs lead anywhere. */
  private void pasidPages(Directory directory) {
    long word0 = directory.word0();
    int pageCount =
        ScalableContextEntry.directoryCount(word0)
            * PasidDirectoryEntry.BYTES
            / UnitConfig.PAGE_BYTES;
    PresentPasids present = PresentPasids.NONE;
    for (int i = 0; i < Math.max(1, pageCount) && !reading.isAtLimit(); i++) {
      long address = ScalableContextEntry.directory(word0) + (long) i * UnitConfig.PAGE_BYTES;
      PresentPasids known = ofDirectoryPage.get(address);
      if (known == null) {
        known =
            reading
                .page(Named.PASID_DIRECTORY, address, directory.at(), word0)
                .map(page -> pasidTablePages(page, address))
                .orElse(PresentPasids.NONE);
        ofDirectoryPage.put(address, known);
      }
      present = present.and(known.behind((long) i * PASIDS_OF_DIRECTORY_PAGE));
    }
    if (ScalableContextEntry.PASIDE.isSet(word0) && present.hasOther(directory.ridPasid())) {
      reading.besides(
          new Attachment.Unsupported(directory.requester(), Reason.of(Named.OTHER_PASIDS)));
    }
  }

  private PresentPasids pasidTablePages(long[] directoryPage, long address) {
    PresentPasids present = PresentPasids.NONE;
    for (int i = 0; i < directoryPage.length && !reading.isAtLimit(); i++) {
      long entry = directoryPage[i];
      if (PasidDirectoryEntry.P.isSet(entry)) {
        long at = address + (long) i * PasidDirectoryEntry.BYTES;
        PresentPasids ofTable = pasidTable(PasidDirectoryEntry.SMPTBLPTR.inPlace(entry), at, entry);
        present = present.and(ofTable.behind((long) i * PASIDS_OF_TABLE));
      }
    }
    return present;
  }

  private PresentPasids pasidTable(long table, long at, long entry) {
    PresentPasids known = ofTable.get(table);
    if (known == null) {
      known = PresentPasids.NONE;
      Optional<long[]> page = reading.page(Named.PASID_TABLE, table, at, entry);
      for (int i = 0; page.isPresent() && i < PASIDS_OF_TABLE; i++) {
        if (PasidTableEntry.P.isSet(page.get()[i * PASID_ENTRY_WORDS])) {
          known = known.and(new PresentPasids(i, PresentPasids.ABSENT));
        }
      }
      ofTable.put(table, known);
    }
    return known;
  }

  /**
   * Two of the PASIDs that have an entry: enough to know whether there is one besides a given one.
   *
   * @param first one of them, or {@link #ABSENT}
   * @param second another, or {@link #ABSENT}
   */
  private record PresentPasids(long first, long second) {
    static final long ABSENT = -1;
    static final PresentPasids NONE = new PresentPasids(ABSENT, ABSENT);

    PresentPasids and(PresentPasids more) {
      if (first == ABSENT) {
        return more;
      }
      return second == ABSENT ? new PresentPasids(first, more.first) : this;
    }

    PresentPasids behind(long offset) {
      return new PresentPasids(
          first == ABSENT ? ABSENT : first + offset, second == ABSENT ? ABSENT : second + offset);
    }

    boolean hasOther(long pasid) {
      return (first != ABSENT && first != pasid) || (second != ABSENT && second != pasid);
    }
  }
}
