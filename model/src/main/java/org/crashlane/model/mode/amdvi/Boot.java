// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.amdvi.UnitDriver.Buffers;
import org.crashlane.model.mode.paging.PagedMapping;
import org.crashlane.model.mode.paging.Role;
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

  Boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    this.cpu = cpu;
    this.machine = machine;
    this.spec = AmdviHardware.spec(machine);
    this.frames = frames;
    this.last =
        machine.devices().stream()
            .flatMap(d -> Stream.concat(Stream.of(d.address()), d.alias().stream()))
            .max(Comparator.comparingInt(RequesterId::value))
            .orElse(new RequesterId(0));
  }

  /**
   * Starts the primary's driver: units that block all devices, then a domain for each that needs
   * one at once.
   */
  PagedMapping primary() {
    long usual = DeviceTable.sizeFor(last);
    DeviceTable table = blocking(spec.deviceTableBytes().orElse(usual));
    PagedMapping mapping = mapping(Role.PRIMARY, table, started(table));
    mapping.prepare(cpu);
    return mapping;
  }

  /**
   * Starts the capture kernel's driver, which takes over what the primary left ({@code
   * early_enable_iommus}). Where it cannot, the units are switched off and start afresh.
   */
  PagedMapping adopting() {
    Optional<DeviceTable> left =
        isTranslating()
            ? DeviceTable.left(
                cpu,
                UnitDriver.deviceTableInUse(cpu, spec.units().getFirst().registerBase()),
                DeviceTable.sizeFor(last),
                last)
            : Optional.empty();
    return switch (spec.adoption()) {
      case COPY ->
          left.flatMap(table -> table.copy(cpu, frames)).map(this::copied).orElseGet(this::afresh);
      case REUSE -> left.map(this::reusing).orElseGet(this::afresh);
    };
  }

  private boolean isTranslating() {
    return spec.units().stream().allMatch(u -> UnitDriver.isTranslating(cpu, u.registerBase()));
  }

  private PagedMapping copied(DeviceTable table) {
    List<UnitDriver> units = withOwnBuffers();
    for (UnitDriver unit : units) {
      unit.useBuffers(cpu);
      unit.restartRings(cpu);
      unit.useDeviceTable(cpu, table.register());
      unit.flushAll(cpu);
    }
    return mapping(Role.ADOPTING, table, units);
  }

  /** Goes on with the old table and the old rings; of the base registers none is written. */
  private PagedMapping reusing(DeviceTable table) {
    List<UnitDriver> units = new ArrayList<>();
    for (ModeSpec.AmdviUnit unit : spec.units()) {
      long base = unit.registerBase();
      long completion =
          UnitDriver.worksForSnp(cpu, base) ? UnitDriver.completionInUse(cpu, base) : newPage();
      UnitDriver driver = new UnitDriver(base, UnitDriver.buffersInUse(cpu, base, completion));
      driver.restartRings(cpu);
      driver.flushAll(cpu);
      units.add(driver);
    }
    return mapping(Role.ADOPTING, table, units);
  }

  private PagedMapping afresh() {
    spec.units().forEach(unit -> UnitDriver.disable(cpu, unit.registerBase()));
    DeviceTable table = blocking(DeviceTable.sizeFor(last));
    return mapping(Role.AFRESH, table, started(table));
  }

  /** Starts the capture kernel's driver with a table that blocks all, without switching off. */
  PagedMapping aborting() {
    DeviceTable table = blocking(DeviceTable.sizeFor(last));
    return mapping(Role.AFRESH, table, started(table));
  }

  private DeviceTable blocking(long sizeBytes) {
    return DeviceTable.blocking(cpu, frames, sizeBytes, last)
        .orElseThrow(() ->
            new NoFrameException(
                Room.DEVICE_TABLE,
                "AMD-Vi: no room for a device table of %,d bytes below 4 GiB"
                    .formatted(sizeBytes)));
  }

  private List<UnitDriver> started(DeviceTable table) {
    List<UnitDriver> units = withOwnBuffers();
    for (UnitDriver unit : units) {
      unit.useDeviceTable(cpu, table.register());
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
      units.add(new UnitDriver(unit.registerBase(), buffers));
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
            .orElseThrow(() -> new NoFrameException(Room.PAGES, "AMD-Vi: no room for a unit's rings"));
    cpu.memory().writeLongs(at, new long[sizeBytes / Long.BYTES], sizeBytes / Long.BYTES);
    return at;
  }

  private PagedMapping mapping(Role role, DeviceTable table, List<UnitDriver> units) {
    return new PagedMapping(machine, role, frames, new AmdviUnits(spec, table, units));
  }
}
