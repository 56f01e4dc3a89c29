// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/**
 * One TCE table: a flat array of entries in contiguous physical memory, for all the devices behind
 * one PHB.
 *
 * @param address physical address of its first entry
 * @param size how large it is
 */
public record TceTable(long address, TableSize size) {

  /**
   * @throws IllegalArgumentException if no TAR can hold the address (it has bits 47:15)
   */
  public TceTable {
    if (Tar.TABLE.inPlace(address) != address) {
      throw new IllegalArgumentException("no TAR can point to a table at " + Hex.of(address));
    }
  }

  /** {@return the memory it takes} */
  public AddressRange memory() {
    return AddressRange.ofSize(address, size.bytes());
  }

  /** {@return the IOVAs it translates, from 0} */
  public AddressRange reach() {
    return AddressRange.ofSize(0, size.ioSpaceBytes());
  }

  /**
   * {@return the physical address of the entry for {@code iova}}
   *
   * @param iova within {@link #reach}
   */
  public long entryAddress(long iova) {
    return address + Tce.index(iova) * Tce.BYTES;
  }

  /** {@return the same table, to those who know flat tables alone} */
  public FlatTable flat() {
    return new FlatTable(address, 0, size.entryCount(), Tce.FORMAT);
  }

  /**
   * Maps as {@code wanted} says, see {@link FlatMapper#map}. A range that runs beyond the table's
   * end is refused whole, where Linux's own {@code iommu_range_reserve} would run over the end of
   * its bitmap.
   *
   * <p>Linux writes each entry back from the processor's cache, and empties the chip's TCE cache by
   * writing TAR before an entry is used again for another page. Whether the chips keep free entries
   * in that cache is not known.
   *
   * @param reserved IOVAs that are not to be mapped
   */
  public MapResult map(WritableMemory memory, Mapping wanted, List<ReservedRegion> reserved) {
    List<Unmappable> kept = reserved.stream().map(ReservedRegion::unmappable).toList();
    MapResult result = new FlatMapper(flat(), Tce.FREE, kept).map(memory, wanted);
    if (result instanceof MapResult.Refused refused && !reach().contains(wanted.iova())) {
      Optional<TableSize> larger = TableSize.reaching(wanted.iova().last());
      Named named = larger.isPresent() ? Named.LARGER_TABLE : Named.NO_LARGER_TABLE;
      Reason reason = refused.reason().with(new Reason.Because(named));
      return new MapResult.Refused(
          refused.range(),
          larger.map(size -> reason.with(new Reason.Because(size))).orElse(reason));
    }
    return result;
  }

  /**
   * Frees the entries of {@code iovas}, whatever they hold, as Linux's {@code tce_free} does. What
   * the chip has kept of them is used until TAR is written.
   *
   * @param iovas whole 4 KiB pages in the table's reach
   * @return how many entries were not free before
   */
  public long unmap(WritableMemory memory, AddressRange iovas) {
    return new FlatMapper(flat(), Tce.FREE, List.of()).unmap(memory, iovas);
  }

  @Override
  public String toString() {
    return Hex.of(address) + " (" + size.meaning() + ")";
  }
}
