// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.amdvi.UnitDriver.Buffers;
import org.crashlane.model.mode.paging.PagedMapping;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** One start of a kernel's AMD driver (Linux 6.0 drivers/iommu/amd/init.c, in its effects). */
final class Boot {
  private final Cpu cpu;
  private final MachineSpec machine;
  private final ModeSpec.Amdvi spec;
  private final PageFrames frames;
  private final RequesterId last;
  private final long encryptionMask;

  Boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    this.cpu = cpu;
    this.machine = machine;
    this.spec = machine.spec(ModeSpec.Amdvi.class);
    this.frames = frames;
    this.encryptionMask = spec.encryption().known().addressMask();
    this.last = last(machine);
  }

  /** {@return the highest device id that is behind a unit} */
  static RequesterId last(MachineSpec machine) {
    List<ModeSpec.AmdviUnit> units = machine.spec(ModeSpec.Amdvi.class).units();
    return machine.devices().stream()
        .flatMap(d -> Stream.concat(Stream.of(d.address()), d.alias().stream()))
        .filter(id -> units.stream().anyMatch(u -> u.segment() == id.segment()))
        .max(Comparator.comparingInt(RequesterId::value))
        .orElse(new RequesterId(0));
  }

  /**
   * Starts the primary's driver: units that block all devices, then a domain for each that needs
   * one at once.
   */
  PagedMapping primary() {
    Map<Integer, DeviceTable> tables =
        blocking(spec.deviceTableBytes().orElse(DeviceTable.sizeFor(last)));
    PagedMapping mapping = mapping(tables, started(tables));
    mapping.prepare(cpu);
    return mapping;
  }

  /**
   * Starts the capture kernel's driver, which takes over what the primary left ({@code
   * early_enable_iommus}). Where it cannot, the units are switched off and start afresh.
   */
  PagedMapping adopting() {
    if (!isTranslating()) {
      return afresh();
    }
    Map<Integer, DeviceTable> tables = new TreeMap<>();
    for (ModeSpec.AmdviUnit unit : spec.units()) {
      if (!tables.containsKey(unit.segment())) {
        Optional<DeviceTable> taken = takenOver(unit);
        if (taken.isEmpty()) {
          return afresh();
        }
        tables.put(unit.segment(), taken.get());
      }
    }
    return switch (spec.adoption()) {
      case COPY -> copied(tables);
      case REUSE -> reusing(tables);
    };
  }

  /** {@return the table of the unit's segment, as this kernel goes on with it} */
  private Optional<DeviceTable> takenOver(ModeSpec.AmdviUnit unit) {
    Optional<DeviceTable> left =
        DeviceTable.left(
            cpu,
            UnitDriver.deviceTableInUse(cpu, unit.registerBase()) & ~encryptionMask,
            DeviceTable.sizeFor(last),
            last);
    return switch (spec.adoption()) {
      case COPY -> left.flatMap(table -> table.copy(cpu, frames));
      case REUSE -> left;
    };
  }

  private boolean isTranslating() {
    return spec.units().stream().allMatch(u -> UnitDriver.isTranslating(cpu, u.registerBase()));
  }

  private PagedMapping copied(Map<Integer, DeviceTable> tables) {
    List<UnitDriver> units = withOwnBuffers();
    for (int i = 0; i < units.size(); i++) {
      units.get(i).useBuffers(cpu);
      units.get(i).restartRings(cpu);
      units.get(i).useDeviceTable(cpu, tableOf(tables, i).register() | encryptionMask);
      units.get(i).flushAll(cpu);
    }
    return mapping(tables, units);
  }

  /** Goes on with the old table and the old rings; of the base registers none is written. */
  private PagedMapping reusing(Map<Integer, DeviceTable> tables) {
    List<UnitDriver> units = new ArrayList<>();
    for (ModeSpec.AmdviUnit unit : spec.units()) {
      long base = unit.registerBase();
      long completion =
          UnitDriver.worksForSnp(cpu, base) ? UnitDriver.completionInUse(cpu, base) : newPage();
      UnitDriver driver = UnitDriver.ofBuffersInUse(cpu, base, completion, encryptionMask);
      driver.restartRings(cpu);
      driver.flushAll(cpu);
      units.add(driver);
    }
    return mapping(tables, units);
  }

  private PagedMapping afresh() {
    spec.units().forEach(unit -> UnitDriver.disable(cpu, unit.registerBase()));
    Map<Integer, DeviceTable> tables = blocking(DeviceTable.sizeFor(last));
    return mapping(tables, started(tables));
  }

  /** Starts the capture kernel's driver with a table that blocks all, without switching off. */
  PagedMapping aborting() {
    Map<Integer, DeviceTable> tables = blocking(DeviceTable.sizeFor(last));
    return mapping(tables, started(tables));
  }

  /** {@return a table for each segment, as Linux has them from 6.0 on} */
  private Map<Integer, DeviceTable> blocking(long sizeBytes) {
    Map<Integer, DeviceTable> tables = new TreeMap<>();
    for (ModeSpec.AmdviUnit unit : spec.units()) {
      tables.computeIfAbsent(unit.segment(), _ -> blockingTable(sizeBytes));
    }
    return tables;
  }

  private DeviceTable tableOf(Map<Integer, DeviceTable> tables, int unit) {
    return tables.get(spec.units().get(unit).segment());
  }

  private DeviceTable blockingTable(long sizeBytes) {
    return DeviceTable.blocking(cpu, frames, sizeBytes, last)
        .orElseThrow(() -> new NoFrameException(Room.DEVICE_TABLE, sizeBytes));
  }

  private List<UnitDriver> started(Map<Integer, DeviceTable> tables) {
    List<UnitDriver> units = withOwnBuffers();
    for (int i = 0; i < units.size(); i++) {
      UnitDriver unit = units.get(i);
      unit.useDeviceTable(cpu, tableOf(tables, i).register() | encryptionMask);
      unit.useBuffers(cpu);
      if (UnitDriver.worksForSnp(cpu, unit.base())) {
        unit.useCompletionRange(cpu);
      }
      unit.restartRings(cpu);
      unit.enable(cpu);
      unit.flushAll(cpu);
    }
    return units;
  }

  private List<UnitDriver> withOwnBuffers() {
    List<UnitDriver> units = new ArrayList<>();
    for (ModeSpec.AmdviUnit unit : spec.units()) {
      Buffers buffers =
          new Buffers(take(UnitDriver.RING_BYTES), take(UnitDriver.logBytes()), newPage());
      units.add(new UnitDriver(unit.registerBase(), buffers, encryptionMask));
    }
    return units;
  }

  private long newPage() {
    return take(PageFrames.PAGE_BYTES);
  }

  /** {@return memory of zeros} */
  private long take(int sizeBytes) {
    long at =
        frames
            .take(sizeBytes, sizeBytes, -1)
            .orElseThrow(() -> new NoFrameException(Room.RINGS, sizeBytes));
    cpu.memory().writeLongs(at, new long[sizeBytes / Long.BYTES], sizeBytes / Long.BYTES);
    return at;
  }

  private PagedMapping mapping(Map<Integer, DeviceTable> tables, List<UnitDriver> units) {
    return new PagedMapping(machine, frames, new AmdviUnits(spec, tables, units));
  }
}
