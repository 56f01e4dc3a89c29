// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.DeviceTableReading;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/**
 * Reads a device table, all segments of it.
 *
 * <p>Of its entries most are for device ids that no device has. So those that are as good as none
 * are not reported one by one: entries that are not valid, and those that let nothing pass and lead
 * nowhere, as Linux fills the table with.
 */
final class FlatDeviceTables {
  /** Where an entry is not valid, its domain id is not either. */
  private static final int NO_DOMAIN = 0;

  private static final int ENTRIES_OF_PAGE = UnitConfig.PAGE_BYTES / DeviceTableEntry.BYTES;

  private final UnitConfig config;
  private final DeviceTableReading reading;

  private FlatDeviceTables(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.config = config;
    this.reading = new DeviceTableReading(memory, limits, UnitConfig.PAGE_BYTES);
  }

  static DeviceTables read(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    FlatDeviceTables tables = new FlatDeviceTables(memory, config, limits);
    for (int segment = 0; segment < config.deviceTable().segmentCount(); segment++) {
      tables.segment(segment);
    }
    return tables.reading.found();
  }

  private void segment(int segment) {
    DeviceTableBase base = config.deviceTable();
    long address = base.address(segment, config.encryptionMask());
    int firstId = segment * base.idsOfSegment();
    int count = base.entryCount(segment);
    for (int from = 0; from < count; from += ENTRIES_OF_PAGE) {
      long at = address + (long) from * DeviceTableEntry.BYTES;
      Optional<long[]> page =
          reading.page(Named.DEVICE_TABLE, at, at, base.registers().get(segment));
      for (int i = 0; i < ENTRIES_OF_PAGE; i++) {
        RequesterId requester = new RequesterId(firstId + from + i);
        if (page.isEmpty()) {
          reading.attach(new Attachment.Unsupported(requester, Reason.of(Named.ENTRY_UNREADABLE)));
        } else {
          int word = i * DeviceTableEntry.WORDS;
          long entryAt = at + (long) i * DeviceTableEntry.BYTES;
          entry(requester, entryAt, page.get()[word], page.get()[word + 1]);
        }
      }
    }
  }

  private void entry(RequesterId requester, long at, long word0, long word1) {
    if (!DeviceTableEntry.isValid(word0) || DeviceTableEntry.isDefault(word0)) {
      return;
    }
    reading.reserved(DeviceTableEntry.WORD_0, at, word0, DeviceTableEntry.reserved(config));
    reading.attach(attachment(config, requester, word0, word1));
    if (DeviceTableEntry.hasGuestTablesBesides(word0, config)) {
      reading.besides(
          new Attachment.Unsupported(
              requester, guestTables(Named.GUEST_TABLES_OF_PASIDS, word0, word1)));
    }
  }

  /** {@return what the entry says of its device} */
  static Attachment attachment(UnitConfig config, RequesterId requester, long word0, long word1) {
    if (!DeviceTableEntry.isValid(word0)) {
      return new Attachment.PassThrough(requester, NO_DOMAIN);
    }
    int domainId = DeviceTableEntry.domainId(word1);
    if (DeviceTableEntry.usesGuestTables(word0, config)
        && !DeviceTableEntry.hasReserved(word0, config)) {
      return new Attachment.Unsupported(requester, guestTables(Named.GUEST_TABLES, word0, word1));
    }
    if (DeviceTableEntry.isFaulty(word0, config)) {
      FaultReason fault = DeviceTableEntry.fault(word0, config);
      return new Attachment.Blocked(
          requester, Reason.of(fault, new Reason.Words(DeviceTableEntry.WORD_0.word(word0))));
    }
    Permissions permissions = DeviceTableEntry.permissions(word0);
    if (permissions == Permissions.NONE) {
      return new Attachment.Blocked(requester, Reason.of(Named.NO_RIGHTS));
    }
    if (DeviceTableEntry.levels(word0) == DeviceTableEntry.MODE_UNTRANSLATED) {
      return new Attachment.PassThrough(requester, domainId, permissions);
    }
    TableId table =
        new TableId(
            config.addressField().inPlace(word0),
            PageTableEntry.geometry(DeviceTableEntry.levels(word0)));
    return new Attachment.Translated(requester, table, domainId, permissions);
  }

  /**
   * {@return why nothing is known of what the entry's device can reach} By guest tables a device's
   * requests go through a process's page tables: they are not read here.
   */
  static Reason guestTables(Named which, long word0, long word1) {
    return Reason.of(
        which,
        new Reason.At(DeviceTableEntry.guestTable(word0, word1)),
        new Reason.Levels((int) DeviceTableEntry.GLX.get(word0) + 1));
  }
}
