// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.IommuMemory;

/**
 * A machine's units, and who is behind which. Requesters that the machine's description puts behind
 * none are behind the last one of their segment, as firmware describes a unit that takes all the
 * rest. Firmware's reserved memory means nothing to hardware.
 */
public final class RemappingUnits implements Remapper {
  private final ModeSpec.Paging spec;
  private final int windowBytes;

  /** Which unit each requester is behind. */
  private final Map<RequesterId, Integer> unitOf;

  private final RemappingUnit<?>[] units;

  /** Who asked last, and the unit it is behind: most come many times in a row. */
  private RequesterId lastRequester = new RequesterId(-1);

  private int lastUnit;

  private RemappingUnits(
      ModeSpec.Paging spec,
      int windowBytes,
      Map<RequesterId, Integer> unitOf,
      RemappingUnit<?>[] units) {
    this.spec = spec;
    this.windowBytes = windowBytes;
    this.unitOf = unitOf;
    this.units = units;
  }

  /**
   * {@return the units of {@code machine}}
   *
   * @param windowBytes size of each unit's window of registers
   * @param units as firmware leaves them, in the order of the description
   */
  public static RemappingUnits of(
      MachineSpec machine, int windowBytes, List<? extends RemappingUnit<?>> units) {
    ModeSpec.Paging spec = machine.spec(ModeSpec.Paging.class);
    Map<RequesterId, Integer> unitOf = new HashMap<>();
    for (DeviceSpec device : machine.devices()) {
      unitOf.put(device.requester(), spec.unitIndex(device));
    }
    return new RemappingUnits(spec, windowBytes, unitOf, units.toArray(RemappingUnit<?>[]::new));
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    return units[unitOf(request.requester())].translate(memory, onBus(request));
  }

  private int unitOf(RequesterId requester) {
    if (!requester.equals(lastRequester)) {
      Integer known = unitOf.get(requester);
      lastUnit = known == null ? lastOf(requester.segment()) : known;
      lastRequester = requester;
    }
    return lastUnit;
  }

  private int lastOf(int segment) {
    int last = units.length - 1;
    for (int i = last; i >= 0; i--) {
      if (spec.units().get(i).segment() == segment) {
        return i;
      }
    }
    return last;
  }

  /** {@return the request as the unit sees it, whose buses are all of one segment} */
  private static Request onBus(Request request) {
    return request.requester().segment() == 0
        ? request
        : new Request(request.requester().onBus(), request.iova(), request.access());
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    int index = unitOf(request.requester());
    List<Reason> found = new ArrayList<>();
    found.add(Reason.of(Found.UNIT, new Reason.Name(spec.unitNames().get(index))));
    found.addAll(units[index].explain(memory, onBus(request)));
    return found;
  }

  @Override
  public boolean hasMmio(long address) {
    return unitAt(address) >= 0;
  }

  private int unitAt(long address) {
    for (int i = 0; i < units.length; i++) {
      long offset = address - spec.units().get(i).registerBase();
      if (offset >= 0 && offset < windowBytes) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public RegisterPort mmio(WritableMemory memory) {
    return new Port(memory);
  }

  /** The units' registers by physical address. */
  private final class Port implements RegisterPort {
    private final WritableMemory memory;

    Port(WritableMemory memory) {
      this.memory = memory;
    }

    private RemappingUnit<?> unit(long address) {
      int index = unitAt(address);
      if (index < 0) {
        throw new IllegalArgumentException("no unit's register: 0x" + Long.toHexString(address));
      }
      return units[index];
    }

    private int offset(long address) {
      return (int) (address - spec.units().get(unitAt(address)).registerBase());
    }

    @Override
    public long read32(long address) {
      return unit(address).read32(offset(address));
    }

    @Override
    public long read64(long address) {
      return unit(address).read64(offset(address));
    }

    @Override
    public void write32(long address, long value) {
      unit(address).write32(memory, offset(address), value);
    }

    @Override
    public void write64(long address, long value) {
      unit(address).write64(memory, offset(address), value);
    }
  }

  @Override
  public boolean isTranslating() {
    return Arrays.stream(units).anyMatch(RemappingUnit::isTranslating);
  }

  @Override
  public List<UnitTables> tables(MachineSpec machine, PhysicalMemory memory) {
    List<UnitTables> tables = new ArrayList<>();
    for (int i = 0; i < units.length; i++) {
      tables.add(
          new UnitTables(
              spec.units().get(i).name(),
              spec.units().get(i).segment(),
              units[i].tables(memory),
              machine.behind(spec.units().get(i).name())));
    }
    return tables;
  }

  @Override
  public List<IommuMemory> ownMemory() {
    return Arrays.stream(units).flatMap(unit -> unit.ownMemory().stream()).toList();
  }

  @Override
  public boolean isLocked(long address) {
    int unit = unitAt(address);
    return unit >= 0
        && units[unit].isLocked((int) (address - spec.units().get(unit).registerBase()));
  }

  @Override
  public List<Fault> takeFaults() {
    List<Fault> faults = new ArrayList<>();
    for (RemappingUnit<?> unit : units) {
      faults.addAll(unit.takeFaults());
    }
    return faults;
  }

  @Override
  public Remapper fork() {
    RemappingUnit<?>[] copies = new RemappingUnit<?>[units.length];
    Arrays.setAll(copies, i -> units[i].fork());
    return new RemappingUnits(spec, windowBytes, unitOf, copies);
  }

  @Override
  public void addTo(Fingerprint into) {
    for (RemappingUnit<?> unit : units) {
      unit.addTo(into);
    }
  }
}
