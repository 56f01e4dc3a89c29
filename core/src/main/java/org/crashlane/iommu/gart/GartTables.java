// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.flat.FlatView;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The table of one northbridge's GART. Registers are read once, when opened; memory whenever asked.
 *
 * <p>All devices behind the northbridge share the one table, which names none of them: who they are
 * is reported when it is opened. Addresses outside the aperture {@linkplain #bypassRanges pass};
 * the entries inside that lead to the kernel's {@linkplain ScratchPage#likely scratch page} serve
 * no mapping and are not reported as one.
 */
public final class GartTables extends FlatView {
  /** The one domain: there are no tags. */
  private static final int DOMAIN = 0;

  private final UnitConfig config;

  private GartTables(PhysicalMemory memory, UnitConfig config, List<RequesterId> requesters) {
    super(memory, config.flat(), requesters);
    this.config = config;
  }

  /**
   * {@return the table that {@code registers} point to}
   *
   * @param registers configuration space of function 3 of the northbridge
   * @param requesters the devices behind it
   */
  public static GartTables open(
      PhysicalMemory memory, RegisterFile registers, List<RequesterId> requesters) {
    return new GartTables(memory, UnitConfig.of(registers, false), requesters);
  }

  @Override
  public UnitState state() {
    List<Word> description = new ArrayList<>();
    description.add(Registers.APERTURECTL.layout().word(config.apertureControl()));
    description.add(Registers.APERTUREBASE.layout().word(config.apertureBase()));
    description.add(Registers.TABLEBASE.layout().word(config.tableBase()));
    return new UnitState(
        config.translatesDevices() ? Translation.TRANSLATES : Translation.PASSES,
        Known.NO,
        false,
        config.table(),
        description);
  }

  @Override
  protected Attachment attachment(RequesterId requester) {
    return config.translatesDevices()
        ? new Attachment.Translated(requester, id(), DOMAIN)
        : new Attachment.PassThrough(requester, DOMAIN);
  }

  /**
   * {@return the interrupt window and the aperture: what is reached there is the table's affair}
   */
  @Override
  public List<Unmappable> unmappable() {
    List<Unmappable> unmappable =
        new ArrayList<>(List.of(Unmappable.interrupts(InterruptWindow.RANGE)));
    config
        .aperture()
        .filter(_ -> config.translationEnabled())
        .map(aperture -> new Unmappable(aperture.range(), TableFact.APERTURE))
        .ifPresent(unmappable::add);
    return unmappable;
  }

  @Override
  public List<AddressRange> bypassRanges(RequesterId requester) {
    if (!config.translatesDevices()) {
      return List.of();
    }
    AddressRange aperture = table().reach();
    List<AddressRange> outside = new ArrayList<>();
    if (aperture.first() != 0) {
      outside.add(new AddressRange(0, aperture.first() - 1));
    }
    outside.add(new AddressRange(aperture.last() + 1, -1));
    return outside;
  }

  @Override
  public boolean isolates() {
    return false;
  }

  @Override
  public void walk(TableId of, WalkVisitor visitor) {
    Optional<ScratchPage> scratch = ScratchPage.likely(memory(), table());
    super.walk(of, scratch.map(page -> page.leftOut(visitor)).orElse(visitor));
  }

  /** Reports the entries that lead to what is taken for the scratch page, page by page. */
  @Override
  public void walkLeftOut(TableId of, WalkVisitor visitor) {
    requireOwn(of);
    ScratchPage.likely(memory(), table())
        .ifPresent(scratch -> {
          for (AddressRange range : scratch.iovas(memory(), table())) {
            for (long iova = range.first(); iova < range.last(); iova += Gpte.PAGE_BYTES) {
              visitor.mapping(
                  iova, iova + Gpte.PAGE_BYTES - 1, scratch.address(), Permissions.READ_WRITE);
            }
          }
        });
  }

  /** {@return all addresses: those that are not translated are reached as they are} */
  @Override
  public AddressRange reach(TableId of) {
    requireOwn(of);
    return new AddressRange(0, -1);
  }

  /**
   * {@inheritDoc} Nothing ever has to be: what lies outside the aperture is reached as it is, and
   * what lies inside is refused, for a CPU would not reach it either.
   *
   * @param arena not used
   */
  @Override
  public MapResult mapIdentity(WritableMemory target, TableId of, Window window, PageArena arena) {
    requireOwn(of);
    AddressRange range = window.range();
    if (!Alignment.isAligned(range.first(), Gpte.PAGE_BYTES)
        || !Alignment.isAligned(range.last() + 1, Gpte.PAGE_BYTES)) {
      throw new IllegalArgumentException("not whole 4 KiB pages: " + range);
    }
    return unmappable().stream()
        .filter(unmappable -> unmappable.range().overlaps(range))
        .<MapResult>map(unmappable -> new MapResult.Refused(range, unmappable.overlap()))
        .findFirst()
        .orElseGet(() -> new MapResult.Mapped(0, 0, range.sizeBytes()));
  }
}
