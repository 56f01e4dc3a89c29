// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.List;
import org.crashlane.bits.Alignment;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/** A machine with 3 GiB of memory below 4 GiB, 4 GiB above, and a GART. */
final class GartFixture {
  static final RequesterId DEVICE = RequesterId.parse("02:00.0");
  static final AddressRange LOW_MEMORY = AddressRange.ofSize(0, 0xc000_0000L);
  static final AddressRange HIGH_MEMORY = AddressRange.ofSize(0x1_0000_0000L, 0x1_0000_0000L);
  static final long TABLE = 0x7f00_0000L;
  static final ScratchPage SCRATCH = new ScratchPage(0x6000_0000L);

  /** Behind the memory below 4 GiB, as firmware puts it. */
  static final Aperture APERTURE = Aperture.ofSize(0xc000_0000L, 64L << 20);

  final WritableMemory memory = new SparseMemory("memory", List.of(LOW_MEMORY, HIGH_MEMORY));
  final Aperture aperture;
  final UnitConfig config;
  final CacheState cache = CacheState.uncached();
  final Unit unit;

  GartFixture() {
    this(APERTURE);
  }

  GartFixture(Aperture aperture) {
    this(aperture, UnitConfig.translating(aperture, TABLE));
  }

  GartFixture(Aperture aperture, UnitConfig config) {
    this.aperture = aperture;
    this.config = config;
    this.unit = new Unit(memory, config, cache);
  }

  /** {@return the same unit with bits of F3x90 changed} */
  static UnitConfig withControl(UnitConfig config, long control) {
    return new UnitConfig(control, config.apertureBase(), config.tableBase(), config.wholeMemory());
  }

  FlatTable table() {
    return config.flat();
  }

  /** Writes the entry that serves {@code iova}. */
  void entry(WritableMemory target, long iova, long entry) {
    table().write(target, table().indexOf(iova), entry);
  }

  FlatMapper tables() {
    return mapper(config, Gpte.ABSENT);
  }

  FlatMapper tablesWithScratch() {
    return mapper(config, SCRATCH.entry());
  }

  static FlatMapper mapper(UnitConfig config, long blank) {
    return new FlatMapper(
        config.flat(), blank, List.of(Unmappable.interrupts(InterruptWindow.RANGE)));
  }

  RecordedWalk walk() {
    RecordedWalk walk = new RecordedWalk();
    table().walk(memory, WalkLimits.DEFAULT, walk);
    return walk;
  }

  Outcome translate(long iova) {
    return unit.translate(write(iova));
  }

  static Request write(long iova) {
    return new Request(DEVICE, iova, Access.WRITE);
  }

  /** Writes the 32 bits at {@code address} with no code of the package. */
  static void store32(WritableMemory memory, long address, long value) {
    long word = Alignment.down(address, 8);
    long before = memory.readLong(word);
    boolean upper = word != address;
    long after =
        upper ? (before & 0xffff_ffffL) | (value << 32) : (before & 0xffff_ffff_0000_0000L) | value;
    memory.writeLong(word, after);
  }
}
