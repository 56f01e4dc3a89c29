// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.kernel.NextFitBitmap;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;

/**
 * Linux's mapping driver for Calgary (2.6.27 arch/x86/kernel/pci-calgary_64.c). Pages are handed
 * out from a hint on; the chip is flushed only when the hint goes back to the start.
 *
 * <p>So a page that is freed and handed out again on the way to the end, while the chip still keeps
 * its old entry, leads a device to the old buffer: a mapping that outlived a wrap can bring that
 * about. This is Linux's own doing, and not put right here.
 *
 * <p>Linux ignores a device's mask, because no table reaches beyond 4 GiB. Here IOVAs are taken
 * from below the mask, so that devices of narrower ones can be modelled. Devices behind no PHB are
 * mapped directly.
 */
public final class CalgaryMapping implements DmaMapping {
  private final ChipDriver driver;
  private final DirectMapping direct;

  /** By PHB; empty where the kernel found no memory for a table. */
  private final List<Optional<BridgeTable>> tables;

  CalgaryMapping(ChipDriver driver, DirectMapping direct, List<Optional<BridgeTable>> tables) {
    this.driver = driver;
    this.direct = direct;
    this.tables = List.copyOf(tables);
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    int phb = driver.spec().unitIndex(device);
    if (phb < 0) {
      return direct.map(cpu, device, buffer, sizeBytes, direction);
    }
    if (tables.get(phb).isEmpty()) {
      return new MapAttempt.Failed(driver.failed(Why.NO_TABLE, phb));
    }
    BridgeTable table = tables.get(phb).get();
    AddressRange pages = pages(buffer, sizeBytes);
    int count = (int) (pages.sizeBytes() / Tce.PAGE_BYTES);
    int first = take(cpu, phb, table, count, limitPage(device));
    if (first == NextFitBitmap.NONE) {
      return new MapAttempt.Failed(Why.IOMMU_FULL);
    }
    long iova = (long) first * Tce.PAGE_BYTES;
    Permissions rights = Permissions.of(true, direction != Direction.TO_DEVICE);
    table.build(cpu.memory(), AddressRange.ofSize(iova, pages.sizeBytes()), pages.first(), rights);
    long busAddress = iova + (buffer - pages.first());
    return new MapAttempt.Mapped(new DmaHandle(busAddress, buffer, buffer, sizeBytes, direction));
  }

  private int take(Cpu cpu, int phb, BridgeTable table, int count, int limitPage) {
    int first = table.pages().take(count, 1, limitPage);
    if (first != NextFitBitmap.NONE) {
      return first;
    }
    driver.flush(cpu, phb);
    table.pages().wrap();
    return table.pages().take(count, 1, limitPage);
  }

  /** {@return the page behind the last that {@code device} can put on the bus} */
  private static int limitPage(DeviceSpec device) {
    return (int) Math.min(Integer.MAX_VALUE, Tce.index(device.dmaMask()) + 1);
  }

  private static AddressRange pages(long address, long sizeBytes) {
    return new AddressRange(
        Alignment.down(address, Tce.PAGE_BYTES),
        Alignment.up(address + sizeBytes, Tce.PAGE_BYTES) - 1);
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    int phb = driver.spec().unitIndex(device);
    if (phb < 0) {
      direct.unmap(cpu, device, handle);
      return;
    }
    BridgeTable table =
        tables.get(phb).orElseThrow(() -> new IllegalArgumentException("not a mapping: " + handle));
    table.free(cpu.memory(), pages(handle.busAddress(), handle.sizeBytes()));
  }

  /** {@return the numbers of the PHBs of {@code devices}, each once, rising} */
  private int[] phbs(List<DeviceSpec> devices) {
    return devices.stream()
        .mapToInt(driver.spec()::unitIndex)
        .filter(phb -> phb >= 0)
        .distinct()
        .sorted()
        .toArray();
  }

  /**
   * {@inheritDoc}
   *
   * <p>All that are behind the same PHB share what is kept.
   */
  @Override
  public void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    for (int phb : phbs(devices)) {
      tables.get(phb).ifPresent(table -> ranges.forEach(table::reserve));
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Each PHB is armed once, for all that are behind it. No table page is needed: the table is
   * there in full.
   */
  @Override
  public ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    Arming arming = new Arming(driver, ranges);
    for (int phb : phbs(devices)) {
      tables
          .get(phb)
          .ifPresentOrElse(
              table -> arming.arm(cpu, phb, table),
              () -> arming.refuse(phb, new Reason.Because(Why.NO_TABLE)));
    }
    return arming.report();
  }

  @Override
  public boolean hasWatchdog() {
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Linux looks every two seconds. Where a request of any device was blocked, every slot of its
   * PHB is switched off, and stays so.
   */
  @Override
  public void watchdog(Cpu cpu) {
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      driver.watch(cpu, phb);
    }
  }

  /** {@inheritDoc} Here the watchdog takes all devices of the PHB away. */
  @Override
  public boolean copesWithStrays() {
    return false;
  }

  @Override
  public long takenPageCount() {
    return tables.stream()
        .flatMap(Optional::stream)
        .mapToLong(table -> table.pages().takenCount())
        .sum();
  }

  @Override
  public DmaMapping fork() {
    List<Optional<BridgeTable>> forks = new ArrayList<>(tables.size());
    for (Optional<BridgeTable> table : tables) {
      forks.add(table.map(BridgeTable::fork));
    }
    return new CalgaryMapping(driver, direct, forks);
  }

  @Override
  public void addTo(Fingerprint into) {
    for (Optional<BridgeTable> table : tables) {
      into.add(table.isPresent());
      table.ifPresent(present -> present.addTo(into));
    }
  }
}
