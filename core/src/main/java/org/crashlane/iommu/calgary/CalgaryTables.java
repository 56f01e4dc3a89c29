// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The table of one PHB, for all the devices behind it. Registers are read once, when opened; memory
 * whenever asked. Each PHB of a chip is opened by itself.
 *
 * <p>The table names no requesters: who is behind the PHB is told when it is opened, and so are the
 * windows of bridges, which are in PCI configuration space.
 */
public final class CalgaryTables implements TranslationTables {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final TceTable table;
  private final TableId id;
  private final int phb;
  private final List<RequesterId> requesters;

  private CalgaryTables(
      PhysicalMemory memory, UnitConfig config, int phb, List<RequesterId> requesters) {
    this.memory = memory;
    this.config = config;
    this.table = Tar.table(config.tar());
    this.id = new TableId(table.address(), 1);
    this.phb = phb;
    this.requesters = requesters.stream().sorted().distinct().toList();
  }

  /**
   * {@return the table of one PHB}
   *
   * @param registers of the chip
   * @param phb 0 to 3
   * @param requesters who is behind it
   * @param bridgeWindows windows of PCI bridges below it
   */
  public static CalgaryTables open(
      PhysicalMemory memory,
      Chip chip,
      RegisterFile registers,
      int phb,
      List<RequesterId> requesters,
      List<AddressRange> bridgeWindows) {
    UnitConfig config = UnitConfig.of(chip, registers, phb, false).withBridges(bridgeWindows);
    return new CalgaryTables(memory, config, phb, requesters);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A PHB with slots disabled counts as one that translates: DMA does not pass untouched.
   * Whether the chips keep free entries is not known, and taken not to be so.
   */
  @Override
  public UnitState state() {
    long configRw = config.configRw();
    boolean touchesDma =
        ConfigRw.TCE_ENABLE.isSet(configRw) || ConfigRw.SLOT_DISABLE.isSet(configRw);
    List<String> description =
        List.of(
            line(Tar.LAYOUT, config.tar()),
            line(ConfigRw.LAYOUT, configRw),
            line(Csr.LAYOUT, config.csr()),
            "table " + table + " translates " + table.reach());
    return new UnitState(touchesDma, false, false, table.address(), description);
  }

  private static String line(Layout layout, long value) {
    return "%s %s: %s".formatted(layout.name(), Hex.of(value), layout.describe(value));
  }

  @Override
  public List<Attachment> attachments() {
    List<Attachment> attachments = new ArrayList<>();
    for (RequesterId requester : requesters) {
      attachments.add(attachment(requester));
    }
    return attachments;
  }

  private Attachment attachment(RequesterId requester) {
    long configRw = config.configRw();
    if (ConfigRw.allSlotsDisabled(configRw)) {
      return new Attachment.Blocked(requester, FaultReason.SLOT_DISABLED.meaning());
    }
    if (ConfigRw.SLOT_DISABLE.isSet(configRw)) {
      return new Attachment.Unsupported(requester, ConfigRw.SOME_SLOTS_DISABLED);
    }
    return ConfigRw.TCE_ENABLE.isSet(configRw)
        ? new Attachment.Translated(requester, id, phb)
        : new Attachment.PassThrough(requester, phb);
  }

  /** {@return nothing: there are no device tables} */
  @Override
  public List<Malformation> malformations() {
    return List.of();
  }

  @Override
  public List<Unmappable> unmappable() {
    return config.reserved().stream()
        .map(region -> new Unmappable(region.range(), region.kind().reason()))
        .toList();
  }

  @Override
  public void walk(TableId of, WalkVisitor visitor) {
    requireOwn(of);
    new Walker(memory, WalkLimits.DEFAULT).walk(table, visitor);
  }

  @Override
  public AddressRange reach(TableId of) {
    requireOwn(of);
    return table.reach();
  }

  /** {@return the page that an entry leads to: entries of a flat table lead to no tables} */
  @Override
  public long nextTable(long entry) {
    return Tce.target(Tce.fromMemory(entry));
  }

  /** {@return nothing: TAR stands for them. The pages of the table itself are walked} */
  @Override
  public List<AddressRange> deviceTablePages() {
    return List.of();
  }

  /**
   * {@inheritDoc}
   *
   * @param arena not used: the table is there in full
   */
  @Override
  public MapResult mapIdentity(
      WritableMemory target, TableId of, AddressRange range, PageArena arena) {
    requireOwn(of);
    return new Tables(config).mapIdentity(target, table, range);
  }

  private void requireOwn(TableId of) {
    if (!of.equals(id)) {
      throw new IllegalArgumentException("PHB " + phb + " has table " + id + ", not " + of);
    }
  }
}
