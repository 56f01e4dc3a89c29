// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;

/**
 * What a device table entry decides by itself, before any page table is read.
 *
 * <p>A valid entry without TV blocks: the manual has the table walk end there, and VirtualBox logs
 * a page fault; QEMU 7.2 lets such requests pass, as far as IR and IW do.
 */
final class EntryDecision {
  private EntryDecision() {}

  /** {@return what becomes of {@code request}, or nothing if the page tables decide} */
  static Optional<Outcome> of(UnitConfig config, Request request, long word0, long word1) {
    long iova = request.iova();
    if (!DeviceTableEntry.isValid(word0)) {
      return Optional.of(new Outcome.Reached(iova));
    }
    Faults faults = faults(config, word1);
    if (DeviceTableEntry.hasReserved(word0, config)) {
      return Optional.of(faults.blocked(request, FaultReason.ENTRY_RESERVED));
    }
    if (config.exclusion().excludes(iova, word1)) {
      return Optional.of(new Outcome.Reached(iova));
    }
    if (UnitConfig.HYPER_TRANSPORT.range().contains(iova)) {
      return Optional.of(faults.blocked(request, FaultReason.SPECIAL_ADDRESS));
    }
    if (DeviceTableEntry.usesGuestTables(word0, config)) {
      return Optional.of(
          new Outcome.Unknown(
              DeviceTableEntry.guestTable(word0, word1), GuestTables.reason(word0, word1)));
    }
    Optional<FaultReason> fault = DeviceTableEntry.fault(word0, config);
    if (fault.isPresent()) {
      return Optional.of(faults.blocked(request, fault.get()));
    }
    if ((word0 & wanted(request.access())) == 0) {
      return Optional.of(faults.blocked(request, FaultReason.ENTRY_PERMISSION));
    }
    return DeviceTableEntry.levels(word0) == DeviceTableEntry.MODE_UNTRANSLATED
        ? Optional.of(new Outcome.Reached(iova))
        : Optional.empty();
  }

  /** {@return how faults of the entry's device are told} */
  static Faults faults(UnitConfig config, long word1) {
    return new Faults(DeviceTableEntry.SA.isSet(word1), config.wholeMemory());
  }

  /** {@return the right that an access takes, in device table entries and page tables alike} */
  static long wanted(Access access) {
    return switch (access) {
      case READ -> PageTableEntry.IR.mask();
      case WRITE -> PageTableEntry.IW.mask();
    };
  }
}
