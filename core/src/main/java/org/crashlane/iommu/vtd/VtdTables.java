// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.paging.PagedTables;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/** The tables of one VT-d unit. */
public final class VtdTables extends PagedTables {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final boolean rootTableSet;
  private final List<Unmappable> protectedMemory;
  private final FirstLevelTables firstLevel;

  private VtdTables(
      PhysicalMemory memory, UnitConfig config, RegisterFile registers, Set<RequesterId> passing) {
    super(
        state(config, registers),
        memory,
        config.secondLevel(),
        InterruptTables.open(memory, registers),
        UnitBuffers.of(memory, registers),
        passing);
    this.memory = memory;
    this.config = config;
    long gsts = registers.read(Registers.GSTS);
    this.rootTableSet = Gsts.RTPS.isSet(gsts) || Gsts.TES.isSet(gsts);
    this.protectedMemory = ProtectedMemory.of(registers).ranges();
    this.firstLevel = new FirstLevelTables(memory, config);
  }

  /** {@return the tables of the unit with {@code registers}; its address width is the DMAR's} */
  public static VtdTables open(PhysicalMemory memory, RegisterFile registers, HostFacts host) {
    UnitConfig config = UnitConfig.of(registers, host.addressWidth(), false);
    return new VtdTables(memory, config, registers, host.passing());
  }

  private static UnitState state(UnitConfig config, RegisterFile registers) {
    Capabilities capabilities = config.capabilities();
    long gsts = registers.read(Registers.GSTS);
    List<Word> description = new ArrayList<>();
    description.add(Registers.CAP.layout().word(capabilities.cap()));
    description.add(Registers.ECAP.layout().word(capabilities.ecap()));
    description.add(Registers.GSTS.layout().word(gsts));
    description.add(Registers.RTADDR.layout().word(config.rootTableAddress()));
    description.addAll(ProtectedMemory.of(registers).description());
    return new UnitState(
        translation(config),
        Known.of(capabilities.cachesAbsent()),
        Gsts.IRES.isSet(gsts),
        Rtaddr.RTA.inPlace(config.rootTableAddress()),
        description);
  }

  private static Translation translation(UnitConfig config) {
    if (!config.translationEnabled()) {
      return Translation.PASSES;
    }
    return switch (TableMode.of(config)) {
      case LEGACY, SCALABLE -> Translation.TRANSLATES;
      case ABORTING -> Translation.BLOCKS;
      // The specification has requests blocked, with a fault of its own.
      case INVALID -> Translation.BLOCKS;
    };
  }

  @Override
  public List<Unmappable> protectedMemory() {
    return protectedMemory;
  }

  @Override
  public void walk(TableId table, WalkVisitor visitor) {
    switch (table.stage()) {
      case FIRST -> firstLevel.walk(table, visitor);
      case SECOND -> super.walk(table, visitor);
    }
  }

  @Override
  public boolean isWritable(TableId table) {
    return switch (table.stage()) {
      case FIRST -> false;
      case SECOND -> true;
    };
  }

  @Override
  public AddressRange reach(TableId table) {
    return switch (table.stage()) {
      case FIRST -> firstLevel.paging().reach(table.geometry());
      case SECOND -> super.reach(table);
    };
  }

  @Override
  public MapResult mapIdentity(
      WritableMemory target, TableId table, Window window, PageArena arena) {
    return switch (table.stage()) {
      case FIRST -> new MapResult.Refused(window.range(), Reason.of(TableFact.FIRST_STAGE));
      case SECOND -> super.mapIdentity(target, table, window, arena);
    };
  }

  @Override
  protected DeviceTables deviceTables() {
    if (!rootTableSet) {
      return DeviceTables.none();
    }
    return switch (TableMode.of(config)) {
      case LEGACY -> LegacyDeviceTables.read(memory, config, WalkLimits.DEVICE_TABLES);
      case SCALABLE -> ScalableDeviceTables.read(memory, config, WalkLimits.DEVICE_TABLES);
      case ABORTING -> DeviceTables.none();
      case INVALID -> ofInvalidMode(config.rootTableAddress());
    };
  }

  /** {@return what is known of a unit that uses no tables, because of what its register says} */
  private static DeviceTables ofInvalidMode(long rootTableAddress) {
    Reason reason =
        Reason.of(
            FaultReason.MODE_INVALID,
            new Reason.Words(Registers.RTADDR.layout().word(rootTableAddress)));
    Malformation invalid =
        new Malformation(
            Rtaddr.RTA.inPlace(rootTableAddress),
            rootTableAddress,
            0,
            Malformation.Kind.RESERVED,
            reason);
    return new DeviceTables(List.of(), List.of(invalid), List.of(), List.of());
  }
}
