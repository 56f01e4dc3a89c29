// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.DeviceTableReading;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/** Reads root and context tables in legacy mode. */
final class LegacyDeviceTables {
  private final UnitConfig config;
  private final DeviceTableReading reading;

  private LegacyDeviceTables(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.config = config;
    this.reading = new DeviceTableReading(memory, limits, UnitConfig.PAGE_BYTES);
  }

  static DeviceTables read(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    LegacyDeviceTables tables = new LegacyDeviceTables(memory, config, limits);
    tables.root();
    return tables.reading.found();
  }

  private void root() {
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    Optional<long[]> page =
        reading.page(Named.ROOT_TABLE, rootTable, rootTable, config.rootTableAddress());
    if (page.isEmpty()) {
      for (int bus = 0; bus < RootEntry.COUNT; bus++) {
        unknownBus(bus);
      }
      return;
    }
    for (int bus = 0; bus < RootEntry.COUNT; bus++) {
      long low = page.get()[bus * RootEntry.WORDS];
      long high = page.get()[bus * RootEntry.WORDS + 1];
      if (RootEntry.isPresent(low)) {
        bus(bus, RootEntry.address(rootTable, bus), low, high);
      }
    }
  }

  private void bus(int bus, long at, long low, long high) {
    int width = config.hostAddressWidth();
    reading.reserved(RootEntry.LOW, at, low, RootEntry.reservedLow(width));
    reading.reserved(RootEntry.HIGH, at + Long.BYTES, high, RootEntry.RSVD_HIGH.mask());
    if (RootEntry.fault(low, high, width).isPresent()) {
      return;
    }
    long contextTable = RootEntry.contextTable(low);
    Optional<long[]> page = reading.page(Named.CONTEXT_TABLE, contextTable, at, low);
    if (page.isEmpty()) {
      unknownBus(bus);
      return;
    }
    for (int devfn = 0; devfn < ContextEntry.COUNT; devfn++) {
      long entryLow = page.get()[devfn * ContextEntry.WORDS];
      long entryHigh = page.get()[devfn * ContextEntry.WORDS + 1];
      if (ContextEntry.isPresent(entryLow)) {
        long entryAt = ContextEntry.address(contextTable, devfn);
        reading.attach(attachment(RequesterId.of(bus, devfn), entryAt, entryLow, entryHigh));
      }
    }
  }

  private void unknownBus(int bus) {
    for (int devfn = 0; devfn < ContextEntry.COUNT; devfn++) {
      reading.attach(
          new Attachment.Unsupported(
              RequesterId.of(bus, devfn), Reason.of(Named.CONTEXT_UNREADABLE)));
    }
  }

  private Attachment attachment(RequesterId requester, long at, long low, long high) {
    reading.reserved(
        ContextEntry.LOW, at, low, ContextEntry.reservedLow(config.hostAddressWidth()));
    reading.reserved(ContextEntry.HIGH, at + Long.BYTES, high, ContextEntry.reservedHigh());
    Optional<FaultReason> fault = ContextEntry.fault(low, high, config);
    if (fault.isPresent()) {
      return blocked(requester, fault.get(), low, high);
    }
    int domainId = ContextEntry.domainId(high);
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      // The manual wants the largest width here, and does not say what becomes of another.
      if (config.capabilities().supportsMoreLevelsThan(ContextEntry.levels(high))) {
        Reason reason =
            Reason.of(Named.NOT_LARGEST_WIDTH, new Reason.Words(ContextEntry.HIGH.word(high)));
        reading.besides(new Attachment.Unsupported(requester, reason));
      }
      return new Attachment.PassThrough(requester, domainId);
    }
    TableId table =
        new TableId(ContextEntry.table(low), SecondLevelEntry.geometry(ContextEntry.levels(high)));
    return new Attachment.Translated(requester, table, domainId);
  }

  private static Attachment blocked(
      RequesterId requester, FaultReason reason, long low, long high) {
    return new Attachment.Blocked(
        requester,
        Reason.of(
            reason, new Reason.Words(ContextEntry.HIGH.word(high), ContextEntry.LOW.word(low))));
  }
}
