// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.PageTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.kernel.TopDownIovas;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/**
 * A kernel's VT-d driver ({@code intel_map_single} of Linux 2.6.27 in its effects): a domain for
 * each requester, made at the first mapping; IOVAs from the top down; leaves of 4 KiB with the
 * rights that the direction takes; what is unmapped is invalidated before its IOVA is free again.
 *
 * <p>The frames it is started with are its own from then on, and copied with it.
 */
final class VtdMapping implements DmaMapping {
  /** How much memory a guest has: enough to be seen. */
  private static final int GUEST_PAGE_COUNT = 4;

  /** How the driver came to its tables. */
  enum Role {
    /** They are the primary's, firmware's reserved memory mapped at boot. */
    PRIMARY,
    /** They were copied; reserved memory is left to the copies, as Linux does. */
    ADOPTING,
    /** They were empty; reserved memory is mapped when its device's domain is made. */
    AFRESH
  }

  private final MachineSpec machine;
  private final ModeSpec.Vtd spec;
  private final PageFrames frames;
  private final List<ContextTables> units;
  private final Role role;
  private final List<Domain> domains = new ArrayList<>();
  private final List<Reservation> reservations = new ArrayList<>();

  /** IOVAs that a requester's domain is not to hand out, once it is there. */
  private record Reservation(RequesterId requester, AddressRange range) {}

  VtdMapping(MachineSpec machine, PageFrames frames, List<ContextTables> units, Role role) {
    this.machine = machine;
    this.spec = VtdMode.spec(machine);
    this.frames = frames;
    this.units = List.copyOf(units);
    this.role = role;
  }

  /** Does for a device what is done when the primary boots. */
  void prepare(Cpu cpu, DeviceSpec device) {
    if (device.passThrough()) {
      passThrough(cpu, device);
    } else if (device.assignedToGuest() || !reservedMemory(device.requester()).isEmpty()) {
      Domain domain = domain(cpu, device).orElseThrow(VtdMapping::noFrame);
      if (device.assignedToGuest()) {
        mapGuestMemory(cpu, domain);
      }
    }
  }

  private void passThrough(Cpu cpu, DeviceSpec device) {
    ContextTables tables = units.get(VtdMode.unitIndex(spec, device));
    long low = ContextEntry.low(ContextEntry.TT_PASS_THROUGH, 0);
    long high = ContextEntry.high(levels(device), tables.newDomainId());
    if (!tables.install(cpu, frames, device.requester(), low, high)) {
      throw noFrame();
    }
  }

  private void mapGuestMemory(Cpu cpu, Domain domain) {
    for (int page = 0; page < GUEST_PAGE_COUNT; page++) {
      long iova = (long) page * PageTable.PAGE_BYTES;
      long frame = frames.takePage().orElseThrow(VtdMapping::noFrame);
      writeLeaves(cpu, domain, iova, frame, 1, Permissions.READ_WRITE);
    }
    domain.iovas().reserve(0, GUEST_PAGE_COUNT - 1);
  }

  private static IllegalStateException noFrame() {
    return new IllegalStateException("no page left for tables");
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    if (passes(device)) {
      return new DirectMapping(machine.era()).map(cpu, device, buffer, sizeBytes, direction);
    }
    Optional<Domain> found = domain(cpu, device);
    if (found.isEmpty()) {
      return new MapAttempt.Failed("no page for tables");
    }
    Domain domain = found.get();
    long page = Alignment.down(buffer, PageTable.PAGE_BYTES);
    long pageCount = pageCount(buffer, sizeBytes);
    long limit = DriverTables.lastPage(Math.min(device.dmaMaskBits(), spec.iovaLimitBits()));
    OptionalLong first = domain.iovas().take(pageCount, limit);
    if (first.isEmpty()) {
      return new MapAttempt.Failed("no iova");
    }
    long iova = first.getAsLong() * PageTable.PAGE_BYTES;
    return switch (writeLeaves(cpu, domain, iova, page, pageCount, rights(domain, direction))) {
      case MAPPED -> mapped(iova + buffer - page, buffer, sizeBytes, direction);
      case NO_FRAME -> failed(domain, first.getAsLong(), pageCount, "no page for tables");
      case BUG -> failed(domain, first.getAsLong(), pageCount, "kernel BUG: entry in use");
    };
  }

  private static MapAttempt mapped(long iova, long buffer, long sizeBytes, Direction direction) {
    return new MapAttempt.Mapped(new DmaHandle(iova, buffer, buffer, sizeBytes, direction));
  }

  private static MapAttempt failed(Domain domain, long first, long pageCount, String reason) {
    domain.iovas().giveBack(first, pageCount);
    return new MapAttempt.Failed(reason);
  }

  /** Writes leaves, and has a unit forget that there were none, if it remembers such things. */
  private DriverTables.Result writeLeaves(
      Cpu cpu, Domain domain, long iova, long page, long pageCount, Permissions rights) {
    DriverTables.Result result =
        DriverTables.map(
            cpu.memory(), frames, machine.era(), domain.table(), iova, page, pageCount, rights);
    UnitDriver unit = units.get(domain.unit()).unit();
    if (unit.cachesAbsent()) {
      flush(cpu, domain, iova, pageCount);
    }
    return result;
  }

  private Permissions rights(Domain domain, Direction direction) {
    boolean zeroLengthReads = units.get(domain.unit()).unit().passesZeroLengthReads();
    return Permissions.of(direction.reads() || !zeroLengthReads, direction.writes());
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (passes(device)) {
      return;
    }
    Domain domain =
        existing(device.requester())
            .orElseThrow(() -> new IllegalArgumentException(device + " has mapped nothing"));
    long iova = Alignment.down(handle.busAddress(), PageTable.PAGE_BYTES);
    long pageCount = pageCount(handle.busAddress(), handle.sizeBytes());
    DriverTables.clear(cpu.memory(), machine.era(), domain.table(), iova, pageCount);
    flush(cpu, domain, iova, pageCount);
    domain.iovas().giveBack(DriverTables.pageNumber(iova), pageCount);
  }

  private void flush(Cpu cpu, Domain domain, long iova, long pageCount) {
    int order = Long.numberOfTrailingZeros(TopDownIovas.blockPageCount(pageCount));
    units.get(domain.unit()).unit().flushTranslations(cpu, domain.id(), iova, order);
  }

  @Override
  public void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    for (DeviceSpec device : devices) {
      for (AddressRange range : ranges) {
        Reservation reservation = new Reservation(device.requester(), range);
        if (!reservations.contains(reservation)) {
          reservations.add(reservation);
          existing(device.requester()).ifPresent(domain -> reserve(domain.iovas(), range));
        }
      }
    }
  }

  private static void reserve(TopDownIovas iovas, AddressRange range) {
    iovas.reserve(DriverTables.pageNumber(range.first()), DriverTables.pageNumber(range.last()));
  }

  @Override
  public ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    Arming arming = new Arming(cpu, spec.hostAddressWidth(), frames, ranges);
    List<RequesterId> seen = new ArrayList<>();
    for (DeviceSpec device : devices) {
      if (!passes(device) && !seen.contains(device.requester())) {
        seen.add(device.requester());
        Optional<Domain> domain = domain(cpu, device);
        if (domain.isEmpty()) {
          arming.refuse(device + ": no page for tables");
        } else {
          arming.arm(domain.get(), units.get(domain.get().unit()));
        }
      }
    }
    return arming.report();
  }

  /** {@return true if the device's requests pass: only the primary lets any do so} */
  private boolean passes(DeviceSpec device) {
    return role == Role.PRIMARY && device.passThrough();
  }

  private Optional<Domain> existing(RequesterId requester) {
    for (Domain domain : domains) {
      if (domain.requester().equals(requester)) {
        return Optional.of(domain);
      }
    }
    return Optional.empty();
  }

  /** {@return the device's domain, made if it has none yet; nothing if there is no page for it} */
  private Optional<Domain> domain(Cpu cpu, DeviceSpec device) {
    Optional<Domain> existing = existing(device.requester());
    return existing.isPresent() ? existing : newDomain(cpu, device);
  }

  private Optional<Domain> newDomain(Cpu cpu, DeviceSpec device) {
    OptionalLong top = DriverTables.newTable(cpu.memory(), frames);
    if (top.isEmpty()) {
      return Optional.empty();
    }
    int unit = VtdMode.unitIndex(spec, device);
    ContextTables tables = units.get(unit);
    TableId table = new TableId(top.getAsLong(), levels(device));
    Domain domain =
        new Domain(device.requester(), unit, tables.newDomainId(), table, iovas(device));
    long low = ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, table.root());
    long high = ContextEntry.high(table.levels(), domain.id());
    if (!mapReservedMemory(cpu, domain)
        || !tables.install(cpu, frames, domain.requester(), low, high)) {
      frames.giveBack(top.getAsLong(), PageTable.PAGE_BYTES);
      return Optional.empty();
    }
    domains.add(domain);
    return Optional.of(domain);
  }

  private int levels(DeviceSpec device) {
    int width = spec.units().get(VtdMode.unitIndex(spec, device)).addressWidth();
    return PageTable.levels(width);
  }

  private TopDownIovas iovas(DeviceSpec device) {
    int width = spec.units().get(VtdMode.unitIndex(spec, device)).addressWidth();
    int bits = Math.min(width, spec.iovaLimitBits());
    TopDownIovas iovas = TopDownIovas.ofPages(DriverTables.lastPage(bits) + 1);
    iovas.reserve(0, 0);
    reserve(iovas, InterruptWindow.RANGE);
    reservedMemory(device.requester()).forEach(range -> reserve(iovas, range));
    for (Reservation reservation : reservations) {
      if (reservation.requester().equals(device.requester())) {
        reserve(iovas, reservation.range());
      }
    }
    return iovas;
  }

  /** {@return the memory that firmware has the requester's devices use} */
  private List<AddressRange> reservedMemory(RequesterId requester) {
    return spec.reserved().stream()
        .filter(rmrr -> machine.device(rmrr.device()).requester().equals(requester))
        .map(ModeSpec.Rmrr::range)
        .toList();
  }

  private boolean mapReservedMemory(Cpu cpu, Domain domain) {
    if (role == Role.ADOPTING) {
      return true;
    }
    for (AddressRange range : reservedMemory(domain.requester())) {
      long first = Alignment.down(range.first(), PageTable.PAGE_BYTES);
      long pageCount = pageCount(range.first(), range.sizeBytes());
      DriverTables.Result result =
          writeLeaves(cpu, domain, first, first, pageCount, Permissions.READ_WRITE);
      if (result != DriverTables.Result.MAPPED) {
        return false;
      }
    }
    return true;
  }

  private static long pageCount(long address, long sizeBytes) {
    return DriverTables.pageNumber(address + sizeBytes - 1) - DriverTables.pageNumber(address) + 1;
  }

  @Override
  public long takenPageCount() {
    long sum = 0;
    for (Domain domain : domains) {
      sum += domain.iovas().takenCount();
    }
    return sum;
  }

  @Override
  public DmaMapping fork() {
    VtdMapping copy =
        new VtdMapping(
            machine, frames.fork(), units.stream().map(ContextTables::fork).toList(), role);
    domains.forEach(domain -> copy.domains.add(domain.fork()));
    copy.reservations.addAll(reservations);
    return copy;
  }

  @Override
  public void addTo(Fingerprint into) {
    frames.addTo(into);
    units.forEach(unit -> unit.addTo(into));
    into.add(role == Role.PRIMARY);
    into.add(role == Role.ADOPTING);
    into.add(domains.size());
    domains.forEach(domain -> domain.addTo(into));
    into.add(reservations.size());
    for (Reservation reservation : reservations) {
      into.add(reservation.requester().value());
      into.add(reservation.range().first());
      into.add(reservation.range().last());
    }
  }
}
