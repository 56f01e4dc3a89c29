// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import java.util.Map;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.RegisterValues;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;

/** A machine of 16 GiB with one device behind a unit in legacy mode, tables built by hand. */
final class VtdFixture extends PagedMachine {
  static final RequesterId DEVICE = RequesterId.parse("00:04.0");
  static final long ROOT = 0x100000;
  static final long CONTEXT = 0x101000;
  static final long TOP = 0x102000;

  /** As QEMU's unit has them: 3 and 4 levels, 2 MiB and 1 GiB leaves, pass-through. */
  static final Capabilities WIDE = new Capabilities(0xd2008c222f0606L, 0xf00f4aL);

  /** The same for 39 bits: 3 levels. */
  static final Capabilities NARROW = new Capabilities(0xd2008c22260206L, 0xf00f4aL);

  /** As {@link #WIDE} with 5 levels and 57 bits. */
  static final Capabilities WIDEST =
      new Capabilities(
          Registers.Cap.SAGAW.with(Registers.Cap.MGAW.with(WIDE.cap(), 56), 0b1110), WIDE.ecap());

  /** As {@link #WIDE} without large leaves. */
  static final Capabilities SMALL_LEAVES =
      new Capabilities(Registers.Cap.SLLPS.with(WIDE.cap(), 0), WIDE.ecap());

  final UnitConfig config;
  final int levels;

  VtdFixture(Capabilities capabilities, int levels) {
    super(DEVICE, new TableId(TOP, SecondLevelEntry.geometry(levels)));
    this.config = UnitConfig.translating(capabilities, 46, ROOT);
    this.levels = levels;
    memory.writeLong(ROOT, RootEntry.low(CONTEXT));
    attach(DEVICE, ContextEntry.TT_UNTRANSLATED_ONLY, TOP);
  }

  VtdFixture() {
    this(WIDE, 4);
  }

  void attach(RequesterId requester, int translationType, long table) {
    long at = ContextEntry.address(CONTEXT, requester.devfn());
    memory.writeLong(at, ContextEntry.low(translationType, table));
    memory.writeLong(at + Long.BYTES, ContextEntry.high(levels, 1 + requester.devfn()));
  }

  /** Points entry 0 of each level from the top to the next of {@code tables}. */
  void chain(long... tables) {
    long from = TOP;
    for (long table : tables) {
      entry(from, 0, SecondLevelEntry.table(table));
      from = table;
    }
  }

  @Override
  protected Parts parts() {
    return new Parts(
        config.secondLevel().unmappable(),
        new Unit(config).uncached(memory),
        new TableEditor(config.secondLevel()),
        limits -> new TableWalker(memory, config.secondLevel(), limits));
  }

  @Override
  public boolean letsThroughTo(long physical) {
    return !InterruptWindow.contains(physical);
  }

  /** {@return memory that has a hole where {@code page} is} */
  static PhysicalMemory without(long page, SparseMemory memory) {
    SparseMemory holed =
        new SparseMemory(
            "memory with a hole",
            List.of(
                new AddressRange(0, page - 1),
                new AddressRange(page + SecondLevelEntry.LARGEST.pageBytes(), MEMORY_BYTES - 1)));
    long[] words = new long[SecondLevelEntry.LARGEST.entryCount(1)];
    for (long at = ROOT;
        at < ROOT + 64L * SecondLevelEntry.LARGEST.pageBytes();
        at += SecondLevelEntry.LARGEST.pageBytes()) {
      if (at != page) {
        memory.readLongs(at, words, words.length);
        holed.writeLongs(at, words, words.length);
      }
    }
    return holed;
  }

  /** {@return registers of a unit set up as {@code config} says} */
  static RegisterFile registers(UnitConfig config) {
    long status =
        config.translationEnabled() ? Registers.Gsts.TES.of(1) | Registers.Gsts.RTPS.of(1) : 0;
    return RegisterValues.of(
        Map.of(
            Registers.GSTS, status,
            Registers.CAP, config.capabilities().cap(),
            Registers.ECAP, config.capabilities().ecap(),
            Registers.RTADDR, config.rootTableAddress()));
  }
}
