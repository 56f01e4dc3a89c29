// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.ArmReport;

/**
 * A kernel's driver of units with page tables ({@code intel_map_single} of Linux 2.6.27 in its
 * effects): a domain for each requester, made at the first mapping; IOVAs from the top down; leaves
 * of 4 KiB with the rights that the direction takes; what is unmapped is invalidated before its
 * IOVA is free again.
 *
 * <p>The frames it is started with are its own from then on, and copied with it.
 */
public final class PagedMapping implements DmaMapping {
  /** How much memory a guest has: enough to be seen. */
  private static final int GUEST_PAGE_COUNT = 4;

  private final MachineSpec machine;
  private final ModeSpec.Paging spec;
  private final Domains domains;

  /** The bit that says of a page that it is encrypted, as all are that drivers map; or 0. */
  private final long encryptionMask;

  /** By requester; nothing is added after boot, so that copies share it. */
  private final Map<RequesterId, List<DmaHandle>> guestMemory;

  /** The names of the devices whose requests pass; nothing is added after boot here either. */
  private final Set<String> passing;

  /**
   * A driver without domains.
   *
   * @param frames where tables go
   * @param units what it has of its units
   */
  public PagedMapping(MachineSpec machine, PageFrames frames, DriverUnits units) {
    this(machine, new Domains(machine, frames, units), new HashMap<>(), new HashSet<>());
  }

  private PagedMapping(
      MachineSpec machine,
      Domains domains,
      Map<RequesterId, List<DmaHandle>> guestMemory,
      Set<String> passing) {
    this.machine = machine;
    this.spec = machine.spec(ModeSpec.Paging.class);
    this.domains = domains;
    this.encryptionMask = machine.encryption().addressMask();
    this.guestMemory = guestMemory;
    this.passing = passing;
  }

  /** Does for each device what is done when the primary boots. */
  public void prepare(Cpu cpu) {
    machine.devices().forEach(device -> prepare(cpu, device));
  }

  private void prepare(Cpu cpu, DeviceSpec device) {
    if (device.passThrough()) {
      if (!domains.setPassThrough(cpu, device)) {
        throw noFrame();
      }
      passing.add(device.name());
    } else if (device.assignedToGuest() || !domains.reservedMemory(device.requester()).isEmpty()) {
      Domain domain = domains.of(cpu, device).orElseThrow(PagedMapping::noFrame);
      if (device.assignedToGuest()) {
        mapGuestMemory(cpu, domain);
      }
    }
  }

  private void mapGuestMemory(Cpu cpu, Domain domain) {
    List<DmaHandle> pages = new ArrayList<>();
    for (int page = 0; page < GUEST_PAGE_COUNT; page++) {
      long iova = (long) page * PageFrames.PAGE_BYTES;
      long frame = domains.frames().takePage().orElseThrow(PagedMapping::noFrame);
      domains.writeLeaves(cpu, domain, iova, frame, 1, Permissions.READ_WRITE);
      pages.add(
          new DmaHandle(
              iova, frame | encryptionMask, frame, PageFrames.PAGE_BYTES, Direction.BIDIRECTIONAL));
    }
    domain.iovas().reserve(0, GUEST_PAGE_COUNT - 1);
    guestMemory.put(domain.requester(), List.copyOf(pages));
  }

  @Override
  public List<DmaHandle> guestMemory(DeviceSpec device) {
    return device.assignedToGuest()
        ? guestMemory.getOrDefault(device.requester(), List.of())
        : List.of();
  }

  private static NoFrameException noFrame() {
    return new NoFrameException(Room.PAGES, PageFrames.PAGE_BYTES);
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    if (passes(device)) {
      return new DirectMapping(machine.era()).map(cpu, device, buffer, sizeBytes, direction);
    }
    Optional<Domain> found = domains.of(cpu, device);
    if (found.isEmpty()) {
      return new MapAttempt.Failed(Why.NO_TABLE_PAGE);
    }
    Domain domain = found.get();
    long page = Alignment.down(buffer, PageFrames.PAGE_BYTES);
    long pageCount = DriverTables.pageCount(buffer, sizeBytes);
    long limit = DriverTables.lastPage(Math.min(device.dmaMaskBits(), spec.iovaLimitBits()));
    OptionalLong first = domain.iovas().take(pageCount, limit);
    if (first.isEmpty()) {
      return new MapAttempt.Failed(Why.NO_IOVA);
    }
    long iova = first.getAsLong() * PageFrames.PAGE_BYTES;
    Permissions rights = domains.units().rights(domain, direction);
    return switch (domains.writeLeaves(cpu, domain, iova, page, pageCount, rights)) {
      case MAPPED, REPLACED -> mapped(iova + buffer - page, buffer, sizeBytes, direction);
      case NO_FRAME -> failed(domain, first.getAsLong(), pageCount, Why.NO_TABLE_PAGE);
      case BUG -> failed(domain, first.getAsLong(), pageCount, Why.ENTRY_IN_USE);
    };
  }

  private MapAttempt mapped(long iova, long buffer, long sizeBytes, Direction direction) {
    return new MapAttempt.Mapped(
        new DmaHandle(iova, buffer | encryptionMask, buffer, sizeBytes, direction));
  }

  private static MapAttempt failed(Domain domain, long first, long pageCount, Why why) {
    domain.iovas().giveBack(first, pageCount);
    return new MapAttempt.Failed(why);
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (passes(device)) {
      return;
    }
    Domain domain =
        domains
            .existing(device.requester())
            .orElseThrow(() -> new IllegalArgumentException(device + " has mapped nothing"));
    long iova = Alignment.down(handle.busAddress(), PageFrames.PAGE_BYTES);
    long pageCount = DriverTables.pageCount(handle.busAddress(), handle.sizeBytes());
    domains.units().tables().clear(cpu.memory(), domain.table(), iova, pageCount);
    domains.flush(cpu, domain, iova, pageCount);
    domain.iovas().giveBack(DriverTables.pageNumber(iova), pageCount);
  }

  @Override
  public void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    for (DeviceSpec device : devices) {
      ranges.forEach(range -> domains.reserve(device.requester(), range));
    }
  }

  @Override
  public ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    Arming arming = new Arming(cpu, domains, ranges);
    List<RequesterId> seen = new ArrayList<>();
    for (DeviceSpec device : devices) {
      if (!passes(device) && !seen.contains(device.requester())) {
        seen.add(device.requester());
        Optional<Domain> domain = domains.of(cpu, device);
        if (domain.isEmpty()) {
          arming.refuse(device.requester(), Reason.of(Why.NO_TABLE_PAGE));
        } else {
          arming.arm(domain.get());
        }
      }
    }
    return arming.report();
  }

  /** {@return true if the device's requests pass: only the primary lets any do so} */
  private boolean passes(DeviceSpec device) {
    return passing.contains(device.name());
  }

  @Override
  public long takenPageCount() {
    return domains.takenPageCount();
  }

  @Override
  public DmaMapping fork() {
    return new PagedMapping(machine, domains.fork(), guestMemory, passing);
  }

  @Override
  public void addTo(Fingerprint into) {
    domains.addTo(into);
  }
}
