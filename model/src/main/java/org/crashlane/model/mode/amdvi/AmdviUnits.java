// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.amdvi.Capabilities;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.Domain;
import org.crashlane.model.mode.paging.DomainIds;
import org.crashlane.model.mode.paging.DriverTables;
import org.crashlane.model.mode.paging.DriverUnits;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** What an AMD driver has of its units: a device table for each segment, and rings for each. */
final class AmdviUnits implements DriverUnits {
  private final ModeSpec.Amdvi spec;

  /** By segment. */
  private final Map<Integer, DeviceTable> tables;

  private final List<UnitDriver> units;
  private final TableEditor writer;
  private final DriverTables format;
  private final long encryptionMask;

  AmdviUnits(ModeSpec.Amdvi spec, Map<Integer, DeviceTable> tables, List<UnitDriver> units) {
    this(
        spec,
        tables,
        List.copyOf(units),
        new TableEditor(
            UnitConfig.translating(new Capabilities(0, 0), spec.hostAddressWidth(), 0)
                .withEncryption(spec.encryption().known().addressMask())
                .hostTables()));
  }

  private AmdviUnits(
      ModeSpec.Amdvi spec,
      Map<Integer, DeviceTable> tables,
      List<UnitDriver> units,
      TableEditor writer) {
    this.spec = spec;
    this.tables = tables;
    this.units = units;
    this.writer = writer;
    this.encryptionMask = spec.encryption().known().addressMask();
    this.format = new HostTables(encryptionMask);
  }

  @Override
  public DriverTables tables() {
    return format;
  }

  @Override
  public DomainIds domainIds(int unit) {
    return table(unit).domainIds();
  }

  @Override
  public boolean attach(Cpu cpu, PageFrames frames, DeviceSpec device, Domain domain) {
    long root = domain.table().root() | encryptionMask;
    long word0 = DeviceTableEntry.translated(root, domain.table().levels());
    set(cpu, device, domain.unit(), word0, domain.id());
    return true;
  }

  @Override
  public boolean setPassThrough(Cpu cpu, PageFrames frames, DeviceSpec device, int unit) {
    set(cpu, device, unit, DeviceTableEntry.passThrough(), domainIds(unit).take());
    return true;
  }

  /** Both the device's own entry is set and that of the id that its requests carry. */
  private void set(Cpu cpu, DeviceSpec device, int unit, long word0, int domainId) {
    UnitDriver driver = units.get(unit);
    setEntry(cpu, table(unit), device.requester(), driver, word0, domainId);
    if (device.alias().isPresent() && device.address().segment() == segment(unit)) {
      setEntry(cpu, table(unit), device.address(), driver, word0, domainId);
    }
    driver.await(cpu);
  }

  private DeviceTable table(int unit) {
    return tables.get(segment(unit));
  }

  private int segment(int unit) {
    return spec.units().get(unit).segment();
  }

  private static void setEntry(
      Cpu cpu, DeviceTable table, RequesterId id, UnitDriver driver, long word0, int domainId) {
    int before = table.set(cpu.memory(), id, word0, DeviceTableEntry.domain(domainId));
    if (before != 0) {
      driver.flushPages(cpu, before, Pages.ALL);
    }
    driver.flushEntry(cpu, id);
  }

  @Override
  public boolean cachesAbsent(int unit) {
    return spec.units().get(unit).cachesAbsent();
  }

  @Override
  public void flush(Cpu cpu, Domain domain) {
    flush(cpu, domain, Pages.ALL);
  }

  @Override
  public void flush(Cpu cpu, Domain domain, long iova, int pagesOrder) {
    flush(cpu, domain, new Pages(iova, pagesOrder + Pages.ORDER_MIN));
  }

  private void flush(Cpu cpu, Domain domain, Pages pages) {
    UnitDriver driver = units.get(domain.unit());
    driver.flushPages(cpu, domain.id(), pages);
    driver.await(cpu);
  }

  @Override
  public Permissions rights(Domain domain, Direction direction) {
    return Permissions.of(direction.reads(), direction.writes());
  }

  /** {@inheritDoc} Linux maps it in each default domain, whether it took tables over or not. */
  @Override
  public boolean mapsReservedMemory() {
    return true;
  }

  @Override
  public MapResult survey(PhysicalMemory memory, Domain domain, Mapping wanted) {
    return writer.survey(memory, domain.table(), wanted);
  }

  @Override
  public long physical(long iova) {
    return iova & ~encryptionMask;
  }

  @Override
  public MapResult map(WritableMemory memory, Domain domain, Mapping wanted, PageArena arena) {
    return writer.map(memory, domain.table(), wanted, arena);
  }

  @Override
  public DriverUnits fork() {
    Map<Integer, DeviceTable> copies = new TreeMap<>();
    tables.forEach((segment, table) -> copies.put(segment, table.fork()));
    return new AmdviUnits(spec, copies, units, writer);
  }

  @Override
  public void addTo(Fingerprint into) {
    tables.values().forEach(table -> table.addTo(into));
  }
}
