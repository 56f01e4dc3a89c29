// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One PHB of a Calgary or CalIOC2 chip as it runs: the registers that decide what becomes of a
 * request, the entries it keeps, and the error status that its faults leave. Can be copied, for
 * memory is given to each call.
 *
 * <p>All devices behind the PHB share the table, so the requester of a request decides nothing.
 *
 * <p>Unverified, for IBM's manual was not at hand: that requests beyond the table's end fault; that
 * those to untranslated windows and to the low region pass as they are; which bit of CSR tells of a
 * translation error (here the lowest of 31:21); that the PHB goes on translating after an error
 * until software disables the slots; that TAR.VALID and bits that no field has do not matter; that
 * a table which is not aligned to its size begins where TAR says; and that an interrupt message is
 * translated as any write is. Which slot each bit of SLOT_DISABLE represents is not known either:
 * with some of them set, what becomes of a request is unknown.
 */
public final class HostBridge {
  private static final long TRANSLATION_ERROR = Csr.ERROR_31_21.of(1);

  private final ReservedRegion[] untranslated;
  private final boolean wholeMemory;
  private final TceCache cache;
  private long tar;
  private TceTable table;
  private long configRw;
  private long csr;

  /**
   * @param config how its registers are set at first
   * @param cache what it keeps, and has kept
   */
  public HostBridge(UnitConfig config, TceCache cache) {
    this(
        config.reserved().stream()
            .filter(region -> !region.kind().isTranslated())
            .toArray(ReservedRegion[]::new),
        config.wholeMemory(),
        cache,
        config.tar());
    this.configRw = config.configRw();
    this.csr = config.csr();
  }

  private HostBridge(ReservedRegion[] untranslated, boolean wholeMemory, TceCache cache, long tar) {
    this.untranslated = untranslated;
    this.wholeMemory = wholeMemory;
    this.cache = cache;
    this.tar = tar;
    this.table = Tar.table(tar);
  }

  /** {@return a PHB in the same state, that changes by itself} */
  public HostBridge copy() {
    HostBridge copy = new HostBridge(untranslated, wholeMemory, cache.copy(), tar);
    copy.configRw = configRw;
    copy.csr = csr;
    return copy;
  }

  /** {@return the channel status register: not zero in its error bits once a request faulted} */
  public long csr() {
    return csr;
  }

  /** Writes the channel status register; Linux writes 0 when it has read an error. */
  public void writeCsr(long value) {
    csr = value;
  }

  /** {@return the configuration register} */
  public long configRw() {
    return configRw;
  }

  /** Writes the configuration register. */
  public void writeConfigRw(long value) {
    configRw = value;
  }

  /** {@return the table address register, as it was written} */
  public long tar() {
    return tar;
  }

  /** {@return the table that it names} */
  public TceTable table() {
    return table;
  }

  /** Writes the table address register, which drops every entry that was kept. */
  public void writeTar(long value) {
    tar = value;
    table = Tar.table(value);
    cache.empty();
  }

  /** {@return the entries it keeps} */
  public TceCache cache() {
    return cache;
  }

  /** {@return true if a request to {@code iova} passes a PHB that translates as it is} */
  public boolean isUntranslated(long iova) {
    for (ReservedRegion region : untranslated) {
      if (region.range().contains(iova)) {
        return true;
      }
    }
    return false;
  }

  /** {@return what becomes of {@code request}} */
  public Outcome translate(PhysicalMemory memory, Request request) {
    if (ConfigRw.SLOT_DISABLE.isSet(configRw)) {
      return inDisabledSlot(request);
    }
    long iova = request.iova();
    if (!ConfigRw.TCE_ENABLE.isSet(configRw) || isUntranslated(iova)) {
      return new Outcome.Reached(iova);
    }
    if (Long.compareUnsigned(iova, table.size().ioSpaceBytes()) >= 0) {
      return fault(request, FaultReason.BEYOND_TABLE);
    }
    int index = (int) Tce.index(iova);
    long tce = cache.kept(index);
    if (tce == Tce.FREE) {
      try {
        tce = Tce.fromMemory(memory.readLong(table.entryAddress(iova)));
      } catch (UnreadableMemoryException e) {
        return wholeMemory
            ? fault(request, FaultReason.TABLE_ACCESS)
            : new Outcome.Unknown(e.address(), Reason.of(e.absence()));
      }
      if (Tce.permissions(tce) != Permissions.NONE) {
        cache.keep(index, tce, table.size());
      }
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
    return ConfigRw.allSlotsDisabled(configRw)
        ? blocked(request, FaultReason.SLOT_DISABLED, false)
        : new Outcome.Unknown(table.address(), Reason.of(Named.SOME_SLOTS_DISABLED));
  }

  private Outcome fault(Request request, FaultReason reason) {
    csr |= TRANSLATION_ERROR;
    return blocked(request, reason, true);
  }

  private static Outcome blocked(Request request, FaultReason reason, boolean recorded) {
    return new Outcome.Blocked(new Fault(request, reason, recorded));
  }
}
