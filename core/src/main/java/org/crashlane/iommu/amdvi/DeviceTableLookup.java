// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.OptionalLong;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** What the device table has for a requester. */
sealed interface DeviceTableLookup {

  /**
   * An entry, in order or not.
   *
   * @param word0 its first word
   * @param word1 its second word
   */
  record Found(long word0, long word1) implements DeviceTableLookup {}

  /**
   * No entry.
   *
   * @param outcome what becomes of the request
   */
  record Missing(Outcome outcome) implements DeviceTableLookup {}

  /** {@return what there is for {@code request}} */
  static DeviceTableLookup of(
      PhysicalMemory memory, UnitConfig config, Request request, WalkSink sink) {
    OptionalLong address =
        config.deviceTable().entryAddress(request.requester(), config.encryptionMask());
    if (address.isEmpty()) {
      return new Missing(Faults.RECORDED.blocked(request, FaultReason.DEVICE_BEYOND_TABLE));
    }
    try {
      long at = address.getAsLong();
      Found found = new Found(memory.readLong(at), memory.readLong(at + Long.BYTES));
      sink.deviceEntry(Named.DEVICE_TABLE_ENTRY, at, found.word0(), found.word1());
      return found;
    } catch (UnreadableMemoryException e) {
      sink.unreadable(e.address());
      return new Missing(
          Faults.RECORDED.unreadable(
              request, e, FaultReason.DEVICE_TABLE_ACCESS, config.wholeMemory()));
    }
  }
}
