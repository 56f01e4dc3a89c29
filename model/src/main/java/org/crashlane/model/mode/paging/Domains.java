// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Alignment;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.kernel.TopDownIovas;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** A kernel's domains: made when first needed, with what each must have and must not hand out. */
final class Domains {
  private final MachineSpec machine;
  private final ModeSpec.Paging spec;
  private final PageFrames frames;
  private final DriverUnits units;
  private final List<Domain> domains = new ArrayList<>();
  private final List<Reservation> reservations = new ArrayList<>();

  /** IOVAs that a requester's domain is not to hand out, once it is there. */
  private record Reservation(RequesterId requester, AddressRange range) {}

  Domains(MachineSpec machine, PageFrames frames, DriverUnits units) {
    this.machine = machine;
    this.spec = machine.spec(ModeSpec.Paging.class);
    this.frames = frames;
    this.units = units;
  }

  Domains fork() {
    Domains copy = new Domains(machine, frames.fork(), units.fork());
    for (Domain domain : domains) {
      copy.domains.add(domain.fork());
    }
    copy.reservations.addAll(reservations);
    return copy;
  }

  void addTo(Fingerprint into) {
    frames.addTo(into);
    units.addTo(into);
    into.add(domains.size());
    domains.forEach(domain -> domain.addTo(into));
    into.add(reservations.size());
    for (Reservation reservation : reservations) {
      into.add(reservation.requester().value());
      into.add(reservation.range().first());
      into.add(reservation.range().last());
    }
  }

  PageFrames frames() {
    return frames;
  }

  /** {@return what the driver has of its units} */
  DriverUnits units() {
    return units;
  }

  /** {@return how many IOVA pages are taken in all} */
  long takenPageCount() {
    long sum = 0;
    for (Domain domain : domains) {
      sum += domain.iovas().takenCount();
    }
    return sum;
  }

  /** {@return the requester's domain, if it has one} */
  Optional<Domain> existing(RequesterId requester) {
    for (Domain domain : domains) {
      if (domain.requester().equals(requester)) {
        return Optional.of(domain);
      }
    }
    return Optional.empty();
  }

  /** {@return the device's domain, made if it has none yet; nothing if there is no page for it} */
  Optional<Domain> of(Cpu cpu, DeviceSpec device) {
    Optional<Domain> existing = existing(device.requester());
    return existing.isPresent() ? existing : newDomain(cpu, device);
  }

  private Optional<Domain> newDomain(Cpu cpu, DeviceSpec device) {
    OptionalLong top = DriverTables.newTable(cpu.memory(), frames);
    if (top.isEmpty()) {
      return Optional.empty();
    }
    int unit = spec.unitIndex(device);
    TableId table = new TableId(top.getAsLong(), geometry(unit));
    int id = units.domainIds(unit).take();
    Domain domain = new Domain(device.requester(), unit, id, table, iovas(device, unit));
    if (!mapReservedMemory(cpu, domain) || !units.attach(cpu, frames, device, domain)) {
      units.tables().discard(cpu.memory(), frames, table);
      units.domainIds(unit).giveBack(id);
      return Optional.empty();
    }
    domains.add(domain);
    return Optional.of(domain);
  }

  /** Lets the device's requests pass. Returns false if there is no page for it. */
  boolean setPassThrough(Cpu cpu, DeviceSpec device) {
    return units.setPassThrough(cpu, frames, device, spec.unitIndex(device));
  }

  private Geometry geometry(int unit) {
    return DriverTables.geometry(spec.units().get(unit).addressWidth());
  }

  private TopDownIovas iovas(DeviceSpec device, int unit) {
    int bits = Math.min(spec.units().get(unit).addressWidth(), spec.iovaLimitBits());
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

  /** Keeps {@code range} from being handed out to the requester, in a domain made later too. */
  void reserve(RequesterId requester, AddressRange range) {
    Reservation reservation = new Reservation(requester, range);
    if (!reservations.contains(reservation)) {
      reservations.add(reservation);
      existing(requester).ifPresent(domain -> reserve(domain.iovas(), range));
    }
  }

  private static void reserve(TopDownIovas iovas, AddressRange range) {
    iovas.reserve(DriverTables.pageNumber(range.first()), DriverTables.pageNumber(range.last()));
  }

  /** {@return the memory that firmware has the requester's devices use} */
  List<AddressRange> reservedMemory(RequesterId requester) {
    return spec.reserved().stream()
        .filter(memory -> machine.device(memory.device()).requester().equals(requester))
        .map(ModeSpec.ReservedMemory::range)
        .toList();
  }

  private boolean mapReservedMemory(Cpu cpu, Domain domain) {
    if (!units.mapsReservedMemory()) {
      return true;
    }
    for (AddressRange range : reservedMemory(domain.requester())) {
      long first = Alignment.down(range.first(), PageFrames.PAGE_BYTES);
      long pageCount = DriverTables.pageCount(range.first(), range.sizeBytes());
      if (writeLeaves(cpu, domain, first, first, pageCount, Permissions.READ_WRITE)
          != DriverTables.Result.MAPPED) {
        return false;
      }
    }
    return true;
  }

  /** Writes leaves, and has a unit forget what it remembers of there having been others or none. */
  DriverTables.Result writeLeaves(
      Cpu cpu, Domain domain, long iova, long page, long pageCount, Permissions rights) {
    DriverTables.Result result =
        units.tables().map(cpu.memory(), frames, domain.table(), iova, page, pageCount, rights);
    if (result == DriverTables.Result.REPLACED) {
      units.flush(cpu, domain);
    } else if (units.cachesAbsent(domain.unit())) {
      flush(cpu, domain, iova, pageCount);
    }
    return result;
  }

  /** Has the unit forget what it remembers of these pages. */
  void flush(Cpu cpu, Domain domain, long iova, long pageCount) {
    int order = Long.numberOfTrailingZeros(TopDownIovas.blockPageCount(pageCount));
    units.flush(cpu, domain, iova, order);
  }
}
