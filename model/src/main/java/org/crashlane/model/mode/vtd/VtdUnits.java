// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.UnitConfig;
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
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** What a VT-d driver has of its units: root and context tables of each, and its registers. */
final class VtdUnits implements DriverUnits {
  private final ModeSpec.Vtd spec;
  private final DriverTables format;
  private final List<ContextTables> units;
  private final boolean copied;

  /**
   * @param units the tables of each unit
   * @param copied true if they were copied from the primary's
   */
  VtdUnits(MachineSpec machine, List<ContextTables> units, boolean copied) {
    this(machine.spec(ModeSpec.Vtd.class), new SecondLevelTables(machine.era()), units, copied);
  }

  private VtdUnits(
      ModeSpec.Vtd spec, DriverTables format, List<ContextTables> units, boolean copied) {
    this.spec = spec;
    this.format = format;
    this.units = List.copyOf(units);
    this.copied = copied;
  }

  @Override
  public DriverTables tables() {
    return format;
  }

  @Override
  public DomainIds domainIds(int unit) {
    return units.get(unit).domainIds();
  }

  @Override
  public boolean attach(Cpu cpu, PageFrames frames, DeviceSpec device, Domain domain) {
    long low = ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, domain.table().root());
    long high = ContextEntry.high(domain.table().levels(), domain.id());
    return of(domain).install(cpu, frames, domain.requester(), low, high);
  }

  @Override
  public boolean setPassThrough(Cpu cpu, PageFrames frames, DeviceSpec device, int unit) {
    int levels = DriverTables.geometry(spec.units().get(unit).addressWidth()).levels();
    long low = ContextEntry.low(ContextEntry.TT_PASS_THROUGH, 0);
    long high = ContextEntry.high(levels, domainIds(unit).take());
    return units.get(unit).install(cpu, frames, device.requester(), low, high);
  }

  @Override
  public boolean cachesAbsent(int unit) {
    return units.get(unit).unit().cachesAbsent();
  }

  @Override
  public void flush(Cpu cpu, Domain domain) {
    of(domain).unit().flushTranslations(cpu, domain.id());
  }

  @Override
  public void flush(Cpu cpu, Domain domain, long iova, int pagesOrder) {
    of(domain).unit().flushTranslations(cpu, domain.id(), iova, pagesOrder);
  }

  /** {@inheritDoc} A unit may ask for the read right even to read nothing. */
  @Override
  public Permissions rights(Domain domain, Direction direction) {
    boolean zeroLengthReads = of(domain).unit().passesZeroLengthReads();
    return Permissions.of(direction.reads() || !zeroLengthReads, direction.writes());
  }

  /** {@inheritDoc} Linux skips RMRRs where it copied tables. */
  @Override
  public boolean mapsReservedMemory() {
    return !copied;
  }

  @Override
  public MapResult survey(PhysicalMemory memory, Domain domain, Mapping wanted) {
    return writer(domain).survey(memory, domain.table(), wanted);
  }

  @Override
  public MapResult map(WritableMemory memory, Domain domain, Mapping wanted, PageArena arena) {
    return writer(domain).map(memory, domain.table(), wanted, arena);
  }

  private TableEditor writer(Domain domain) {
    ContextTables unit = of(domain);
    UnitConfig config =
        UnitConfig.translating(unit.unit().capabilities(), spec.hostAddressWidth(), unit.root());
    return new TableEditor(config.secondLevel());
  }

  private ContextTables of(Domain domain) {
    return units.get(domain.unit());
  }

  @Override
  public DriverUnits fork() {
    return new VtdUnits(spec, format, units.stream().map(ContextTables::fork).toList(), copied);
  }

  @Override
  public void addTo(Fingerprint into) {
    units.forEach(unit -> unit.addTo(into));
  }
}
