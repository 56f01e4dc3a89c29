// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.iommu.flat.FlatView;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The table of one PHB, for all the devices behind it. Each PHB of a chip is opened on its own. Who
 * is behind it is given, and so are the windows of bridges: they are in PCI configuration space.
 */
public final class CalgaryTables extends FlatView {
  private final UnitConfig config;
  private final TceTable tceTable;
  private final int phb;

  private CalgaryTables(
      PhysicalMemory memory, UnitConfig config, int phb, List<RequesterId> requesters) {
    super(memory, Tar.table(config.tar()).flat(), requesters);
    this.config = config;
    this.tceTable = Tar.table(config.tar());
    this.phb = phb;
  }

  /**
   * {@return the table of one PHB}
   *
   * @param registers of the chip
   * @param phb 0 to 3
   * @param requesters the devices behind it
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
   * <p>A PHB with some slots disabled counts as one that translates: DMA does not pass untouched.
   * Whether the chips keep free entries is not known.
   */
  @Override
  public UnitState state() {
    long configRw = config.configRw();
    List<Word> description =
        List.of(
            Tar.LAYOUT.word(config.tar()),
            ConfigRw.LAYOUT.word(configRw),
            Csr.LAYOUT.word(config.csr()));
    return new UnitState(
        translation(configRw), Known.UNKNOWN, false, tceTable.address(), description);
  }

  private static Translation translation(long configRw) {
    if (ConfigRw.allSlotsDisabled(configRw)) {
      return Translation.BLOCKS;
    }
    return ConfigRw.TCE_ENABLE.isSet(configRw) || ConfigRw.SLOT_DISABLE.isSet(configRw)
        ? Translation.TRANSLATES
        : Translation.PASSES;
  }

  @Override
  protected Attachment attachment(RequesterId requester) {
    long configRw = config.configRw();
    if (ConfigRw.allSlotsDisabled(configRw)) {
      return new Attachment.Blocked(requester, Reason.of(FaultReason.SLOT_DISABLED));
    }
    if (ConfigRw.SLOT_DISABLE.isSet(configRw)) {
      return new Attachment.Unsupported(requester, Reason.of(Named.SOME_SLOTS_DISABLED));
    }
    return ConfigRw.TCE_ENABLE.isSet(configRw)
        ? new Attachment.Translated(requester, id(), phb)
        : new Attachment.PassThrough(requester, phb);
  }

  @Override
  public List<Unmappable> unmappable() {
    return config.reserved().stream().map(ReservedRegion::unmappable).toList();
  }

  /**
   * {@inheritDoc}
   *
   * @param arena not used: the table is there in full
   */
  @Override
  public MapResult mapIdentity(WritableMemory target, TableId of, Window window, PageArena arena) {
    requireOwn(of);
    return tceTable.map(target, window.identity(), config.reserved());
  }
}
