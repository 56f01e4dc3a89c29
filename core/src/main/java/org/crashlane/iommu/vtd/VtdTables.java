// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.InterruptRemapping;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Pmen;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;

/**
 * The tables of one VT-d unit. Registers are read once, when opened; memory whenever asked.
 *
 * <p>What cannot be read is told as unreadable, whether or not the hardware could read it.
 */
public final class VtdTables implements TranslationTables {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final UnitState state;
  private final boolean rootTableSet;
  private final Walker walker;
  private final FirstLevelTables firstLevel;
  private final InterruptTables interrupts;

  private VtdTables(
      PhysicalMemory memory,
      UnitConfig config,
      long gsts,
      UnitState state,
      InterruptTables interrupts) {
    this.memory = memory;
    this.config = config;
    this.state = state;
    this.interrupts = interrupts;
    this.rootTableSet = Gsts.RTPS.isSet(gsts) || Gsts.TES.isSet(gsts);
    this.walker = new Walker(memory, config, WalkLimits.DEFAULT);
    this.firstLevel = new FirstLevelTables(memory, config, WalkLimits.DEFAULT);
  }

  /** {@return the tables of the unit with {@code registers}, on a host of unknown address width} */
  public static VtdTables open(PhysicalMemory memory, RegisterFile registers) {
    return open(memory, registers, UnitConfig.HOST_ADDRESS_WIDTH_MAX);
  }

  /**
   * {@return the tables of the unit with {@code registers}}
   *
   * @param hostAddressWidth how many bits a physical address has, as the DMAR table says
   */
  public static VtdTables open(
      PhysicalMemory memory, RegisterFile registers, int hostAddressWidth) {
    UnitConfig config = UnitConfig.of(registers, hostAddressWidth, false);
    long gsts = registers.read32(Registers.GSTS);
    InterruptTables interrupts = InterruptTables.open(memory, registers);
    return new VtdTables(memory, config, gsts, state(config, gsts, registers), interrupts);
  }

  private static UnitState state(UnitConfig config, long gsts, RegisterFile registers) {
    Capabilities capabilities = config.capabilities();
    List<String> description = new ArrayList<>();
    description.add(line(Cap.LAYOUT, capabilities.cap()));
    description.add(line(Ecap.LAYOUT, capabilities.ecap()));
    description.add(line(Gsts.LAYOUT, gsts));
    description.add(line(Rtaddr.LAYOUT, config.rootTableAddress()));
    if (capabilities.protectsMemory()) {
      description.addAll(protectedMemory(capabilities.cap(), registers));
    }
    return new UnitState(
        config.translationEnabled(),
        capabilities.cachesAbsent(),
        Gsts.IRES.isSet(gsts),
        Rtaddr.RTA.inPlace(config.rootTableAddress()),
        description);
  }

  /** {@return what is kept from DMA, if anything is; limits as written, unaligned} */
  private static List<String> protectedMemory(long cap, RegisterFile registers) {
    long pmen = registers.read32(Registers.PMEN);
    if (!Pmen.EPM.isSet(pmen) && !Pmen.PRS.isSet(pmen)) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(Pmen.LAYOUT, pmen));
    if (Cap.PLMR.isSet(cap)) {
      long base = registers.read32(Registers.PLMBASE);
      long limit = registers.read32(Registers.PLMLIMIT);
      lines.add("protected low memory: PLMBASE " + Hex.of(base) + " PLMLIMIT " + Hex.of(limit));
    }
    if (Cap.PHMR.isSet(cap)) {
      long base = registers.read64(Registers.PHMBASE);
      long limit = registers.read64(Registers.PHMLIMIT);
      lines.add("protected high memory: PHMBASE " + Hex.of(base) + " PHMLIMIT " + Hex.of(limit));
    }
    return lines;
  }

  private static String line(Layout layout, long value) {
    return "%s %s: %s"
        .formatted(layout.name(), Hex.of(value), layout.describe(value))
        .stripTrailing();
  }

  @Override
  public UnitState state() {
    return state;
  }

  @Override
  public List<Attachment> attachments() {
    return deviceTables().attachments();
  }

  @Override
  public List<Malformation> malformations() {
    return deviceTables().malformations();
  }

  @Override
  public InterruptRemapping interrupts() {
    return interrupts;
  }

  @Override
  public List<AddressRange> deviceTablePages() {
    return deviceTables().pages();
  }

  @Override
  public void walk(TableId table, WalkVisitor visitor) {
    switch (table.kind()) {
      case SECOND_LEVEL -> walker.walk(table, visitor);
      case FIRST_LEVEL -> firstLevel.walk(table, visitor);
    }
  }

  @Override
  public AddressRange reach(TableId table) {
    return switch (table.kind()) {
      case SECOND_LEVEL -> walker.reach(table);
      case FIRST_LEVEL -> FirstLevelTables.reach(table);
    };
  }

  @Override
  public long nextTable(long entry) {
    return SecondLevelEntry.ADDR.inPlace(entry);
  }

  @Override
  public MapResult mapIdentity(
      WritableMemory target, TableId table, AddressRange range, PageArena arena) {
    return new Tables(config).mapIdentity(target, table, range, arena);
  }

  private DeviceTables deviceTables() {
    if (!rootTableSet) {
      return DeviceTables.none();
    }
    return switch (TableMode.of(config)) {
      case LEGACY -> LegacyDeviceTables.read(memory, config, WalkLimits.DEVICE_TABLES);
      case SCALABLE -> ScalableDeviceTables.read(memory, config, WalkLimits.DEVICE_TABLES);
      case ABORTING -> DeviceTables.none();
      case INVALID -> DeviceTables.ofInvalidMode(config.rootTableAddress());
    };
  }
}
