// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One PHB of a Calgary or CalIOC2 chip: translates one request at a time by the TCE table in
 * memory, with nothing cached, and keeps the error status that its faults leave.
 *
 * <p>All devices behind the PHB share the table, so the requester of a request decides nothing.
 *
 * <p>Unverified, for IBM's manual was not at hand: that requests beyond the table's end fault; that
 * those to untranslated windows and to the low region pass as they are; which bit of CSR tells of a
 * translation error (here the lowest of 31:21); that the PHB goes on translating after an error
 * until software disables the slots; that TAR.VALID and bits that no field has do not matter; that
 * a table which is not aligned to its size begins where TAR says; and that an interrupt message is
 * translated as any write is. Which slot each bit of SLOT_DISABLE stands for is not known either:
 * with some of them set, what becomes of a request is unknown.
 */
public final class Unit implements Iommu {
  private static final long TRANSLATION_ERROR = Csr.ERROR_31_21.of(1);
  private static final long ALL_SLOTS = ConfigRw.SLOT_DISABLE.get(ConfigRw.disablingSlots(0));

  private final PhysicalMemory memory;
  private final ReservedRegion[] untranslated;
  private final boolean wholeMemory;
  private TceTable table;
  private long configRw;
  private long csr;

  /**
   * @param memory where the table is
   * @param config how its registers are set at first
   */
  public Unit(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.untranslated =
        config.reserved().stream()
            .filter(region -> !region.kind().isTranslated())
            .toArray(ReservedRegion[]::new);
    this.wholeMemory = config.wholeMemory();
    this.table = Tar.table(config.tar());
    this.configRw = config.configRw();
    this.csr = config.csr();
  }

  /** {@return the channel status register: not zero in its error bits once a request faulted} */
  public long csr() {
    return csr;
  }

  /** Writes the channel status register; Linux writes 0 when it has read an error. */
  public void writeCsr(long value) {
    csr = value;
  }

  /** Writes the configuration register. */
  public void writeConfigRw(long value) {
    configRw = value;
  }

  /** Writes the table address register. */
  public void writeTar(long value) {
    table = Tar.table(value);
  }

  @Override
  public Outcome translate(Request request) {
    if (ConfigRw.SLOT_DISABLE.isSet(configRw)) {
      return inDisabledSlot(request);
    }
    long iova = request.iova();
    if (!ConfigRw.TCE_ENABLE.isSet(configRw) || isUntranslated(iova)) {
      return new Outcome.Reached(iova);
    }
    if (!table.reach().contains(iova)) {
      return fault(request, FaultReason.BEYOND_TABLE);
    }
    long tce;
    try {
      tce = Tce.fromMemory(memory.readLong(table.entryAddress(iova)));
    } catch (UnreadableMemoryException e) {
      return wholeMemory
          ? fault(request, FaultReason.TABLE_ACCESS)
          : new Outcome.Unknown(e.address(), e.reason());
    }
    return Tce.permissions(tce).allows(request.access())
        ? new Outcome.Reached(Tce.target(tce) + Tce.pageOffset(iova))
        : fault(request, reason(tce, request));
  }

  private static FaultReason reason(long tce, Request request) {
    if (Tce.permissions(tce) == Permissions.NONE) {
      return FaultReason.NO_ENTRY;
    }
    return switch (request.access()) {
      case READ -> FaultReason.NO_READ_PERMISSION;
      case WRITE -> FaultReason.NO_WRITE_PERMISSION;
    };
  }

  private Outcome inDisabledSlot(Request request) {
    return ConfigRw.SLOT_DISABLE.get(configRw) == ALL_SLOTS
        ? blocked(request, FaultReason.SLOT_DISABLED, false)
        : new Outcome.Unknown(
            table.address(), "some slots are disabled; which the device is in is not known");
  }

  private boolean isUntranslated(long iova) {
    for (ReservedRegion region : untranslated) {
      if (region.range().contains(iova)) {
        return true;
      }
    }
    return false;
  }

  private Outcome fault(Request request, FaultReason reason) {
    csr |= TRANSLATION_ERROR;
    return blocked(request, reason, true);
  }

  private static Outcome blocked(Request request, FaultReason reason, boolean recorded) {
    return new Outcome.Blocked(new Fault(request, reason.code(), reason.meaning(), recorded));
  }
}
