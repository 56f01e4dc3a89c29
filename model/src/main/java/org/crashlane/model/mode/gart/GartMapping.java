// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.Gpte;
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
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;

/**
 * Linux's mapping driver for the GART (2.6.27 arch/x86/kernel/pci-gart_64.c, {@code
 * gart_map_single}): a buffer that the device reaches is used where it is; another gets entries in
 * the aperture, found by next fit. A page given back is not handed out again before the search has
 * wrapped round, and then the northbridges' caches are flushed.
 *
 * <p>Linux gives a device with a mask below the aperture's end addresses that it does not reach;
 * here it gets none beyond its mask. An entry has 40 bits: a buffer beyond is refused, as today's
 * kernels do (2.6.27 writes an entry that leads elsewhere).
 */
final class GartMapping implements DmaMapping {
  /** Entries at the aperture's start that are never handed out; the first is the bad address. */
  static final int EMERGENCY_PAGES = 32;

  private static final int PAGE_BYTES = PageFrames.PAGE_BYTES;

  private final Gatt gatt;
  private final DirectMapping direct;
  private final boolean fullFlush;
  private final NextFitBitmap taken;
  private boolean needFlush;

  private GartMapping(
      Gatt gatt, DirectMapping direct, boolean fullFlush, NextFitBitmap taken, boolean needFlush) {
    this.gatt = gatt;
    this.direct = direct;
    this.fullFlush = fullFlush;
    this.taken = taken;
    this.needFlush = needFlush;
  }

  /**
   * {@return a driver that has handed nothing out}
   *
   * @param fullFlush true to flush on every mapping
   */
  static GartMapping fresh(Gatt gatt, DirectMapping direct, boolean fullFlush) {
    NextFitBitmap pages = new NextFitBitmap(gatt.aperture().entryCount());
    pages.reserve(0, EMERGENCY_PAGES);
    return new GartMapping(gatt, direct, fullFlush, pages, false);
  }

  /**
   * {@return a driver that goes on with a table in which {@code inUse} was handed out by another}
   * What the northbridges have cached is not known to it: it flushes when it maps first.
   */
  static GartMapping goingOn(
      Gatt gatt, DirectMapping direct, boolean fullFlush, List<AddressRange> inUse) {
    GartMapping mapping = fresh(gatt, direct, fullFlush);
    inUse.forEach(mapping::reserve);
    mapping.needFlush = true;
    return mapping;
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    if (direct.reaches(device, buffer, sizeBytes)) {
      return new MapAttempt.Mapped(new DmaHandle(buffer, buffer, buffer, sizeBytes, direction));
    }
    if (Long.compareUnsigned(buffer + sizeBytes - 1, Gpte.HIGHEST_ADDRESS) > 0) {
      return new MapAttempt.Failed(
          Reason.of(Why.ENTRY_TOO_NARROW, new Reason.Addresses(buffer, buffer + sizeBytes - 1)));
    }
    int count = pageCount(buffer, sizeBytes);
    int index = take(count, reachedPages(device));
    if (index == NextFitBitmap.NONE) {
      return new MapAttempt.Failed(Reason.of(Why.OUT_OF_SPACE, new Reason.Size(sizeBytes)));
    }
    long page = Alignment.down(buffer, PAGE_BYTES);
    gatt.map(cpu, index, count, page);
    flushIfNeeded(cpu);
    long bus = gatt.aperture().addressOf(index) + (buffer - page);
    return new MapAttempt.Mapped(new DmaHandle(bus, buffer, buffer, sizeBytes, direction));
  }

  /** Whatever happens to an entry, what stands beside it in its page is reached too. */
  private static int pageCount(long address, long sizeBytes) {
    long first = Alignment.down(address, PAGE_BYTES);
    long end = Alignment.up(address + sizeBytes, PAGE_BYTES);
    return (int) Math.min(Integer.MAX_VALUE, (end - first) / PAGE_BYTES);
  }

  /** {@return how many pages of the aperture {@code device} reaches} */
  private int reachedPages(DeviceSpec device) {
    Aperture aperture = gatt.aperture();
    if (Long.compareUnsigned(device.dmaMask(), aperture.range().last()) >= 0) {
      return aperture.entryCount();
    }
    return Long.compareUnsigned(device.dmaMask(), aperture.base()) < 0
        ? 0
        : aperture.indexOf(device.dmaMask() + 1);
  }

  private int take(int count, int limit) {
    int index = taken.take(count, 1, limit);
    if (index == NextFitBitmap.NONE) {
      needFlush = true;
      taken.wrap();
      index = taken.take(count, 1, limit);
    }
    if (index != NextFitBitmap.NONE && taken.hint() >= taken.pageCount()) {
      needFlush = true;
      taken.wrap();
    }
    return index;
  }

  private void flushIfNeeded(Cpu cpu) {
    if (needFlush || fullFlush) {
      gatt.flush(cpu);
      needFlush = false;
    }
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (gatt.aperture().contains(handle.busAddress())) {
      int index = gatt.aperture().indexOf(handle.busAddress());
      int count = pageCount(handle.busAddress(), handle.sizeBytes());
      gatt.unmap(cpu, index, count);
      taken.giveBack(index, count);
    }
  }

  /** Outside the aperture nothing is handed out, so there is nothing to keep. */
  @Override
  public void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    ranges.forEach(this::reserve);
  }

  private void reserve(AddressRange range) {
    Aperture aperture = gatt.aperture();
    Optional<AddressRange> inside = range.intersection(aperture.range());
    if (inside.isPresent()) {
      int first = aperture.indexOf(inside.get().first());
      taken.reserve(first, (long) aperture.indexOf(inside.get().last()) - first + 1);
    }
  }

  /**
   * Nothing is needed: outside the aperture every address stands for itself. A range that the
   * aperture lies over is refused, since CPUs do not reach the memory there either.
   */
  @Override
  public ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    AddressRange aperture = gatt.aperture().range();
    Reason.Detail there = new Reason.Addresses(aperture.first(), aperture.last());
    List<Reason> refusals =
        ranges.stream()
            .filter(aperture::overlaps)
            .map(range ->
                Reason.of(
                    Why.NOT_ARMED,
                    new Reason.Addresses(range.first(), range.last()),
                    new Reason.Because(Reason.of(TableFact.APERTURE, there))))
            .toList();
    return refusals.isEmpty()
        ? ArmReport.NOTHING_NEEDED
        : new ArmReport(ArmingCost.NONE, List.of(), refusals);
  }

  /** {@inheritDoc} Without a flush for each mapping the northbridges go on with what was there. */
  @Override
  public boolean copesWithStrays() {
    return fullFlush;
  }

  @Override
  public long takenPageCount() {
    return taken.takenCount();
  }

  @Override
  public DmaMapping fork() {
    return new GartMapping(gatt, direct, fullFlush, taken.fork(), needFlush);
  }

  @Override
  public void addTo(Fingerprint into) {
    taken.addTo(into);
    into.add(needFlush);
  }
}
