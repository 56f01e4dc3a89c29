// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.crashlane.bits.BitField;
import org.crashlane.guest.QemuVersion;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * How QEMU (7.2, 10.0) takes a request through tables of AMD-Vi (hw/i386/amd_iommu.c, amdvi_get_dte
 * and amdvi_page_walk): what it does not look at, a quirk can be about.
 *
 * @param requester the device that asks
 * @param word0 word 0 of its entry; 0 if there is none
 * @param entryReserved true if the entry is refused for reserved fields
 * @param steps the page table entries on the way
 * @param reached where the request goes, or nothing if it is blocked
 */
record AmdviAsQemu(
    RequesterId requester,
    long word0,
    boolean entryReserved,
    List<Step> steps,
    OptionalLong reached) {
  /** By word; AMDVI_DTE_QUAD0_RESERVED and so on, as 7.2 has them in its later corrections. */
  private static final long[] ENTRY_RESERVED = {
    BitField.bits("reserved", 6, 2).mask() | BitField.bit("reserved", 63).mask(),
    0,
    BitField.bits("reserved", 53, 52).mask(),
    BitField.bits("reserved", 14, 0).mask() | BitField.bits("reserved", 53, 48).mask()
  };

  /** The same in 10.0.2: AMDVI_DTE_LOWER_QUAD_RESERVED and so on, before they were corrected. */
  private static final long[] ENTRY_RESERVED_IN_10_0 = {
    BitField.bits("reserved", 7, 2).mask()
        | BitField.bits("reserved", 53, 52).mask()
        | BitField.bit("reserved", 63).mask(),
    BitField.bit("reserved", 8).mask(),
    BitField.bits("reserved", 55, 52).mask() | BitField.bit("reserved", 59).mask(),
    -1L
  };

  /** Far more than tables that lead anywhere have; QEMU itself has no limit. */
  private static final int STEPS_MAX = 64;

  /**
   * A page table entry on the way.
   *
   * @param level the level it is taken for
   */
  record Step(int level, long entry) {

    /** {@return the level that it says to go on with; 0 or 7 for a page} */
    int next() {
      return (int) PageTableEntry.NEXT_LEVEL.get(entry);
    }

    boolean isLeaf() {
      return next() == PageTableEntry.NEXT_LEVEL_PAGE
          || next() == PageTableEntry.NEXT_LEVEL_SIZED_PAGE;
    }

    private long pageBytes() {
      return next() == PageTableEntry.NEXT_LEVEL_SIZED_PAGE
          ? PageTableEntry.sizeBytes(PageTableEntry.ADDR.inPlace(entry))
          : PageTableEntry.LARGEST.entrySpanBytes(level);
    }

    private long physical(long iova) {
      long bytes = pageBytes();
      return (PageTableEntry.ADDR.inPlace(entry) & -bytes) | (iova & (bytes - 1));
    }
  }

  AmdviAsQemu {
    steps = List.copyOf(steps);
  }

  /** {@return true if any entry on the way is {@code such}} */
  boolean passes(Predicate<Step> such) {
    return steps.stream().anyMatch(such);
  }

  /** {@return true if there are entries on the way, and the last one is {@code such}} */
  boolean ends(Predicate<Step> such) {
    return !steps.isEmpty() && such.test(steps.getLast());
  }

  /** {@return QEMU's way for {@code probe}, with its tables in {@code memory}} */
  static AmdviAsQemu of(
      PhysicalMemory memory, RequesterId requester, QemuVersion version, Probe probe) {
    long[] reserved = QemuQuirk.Seen.IN_10_0.in(version) ? ENTRY_RESERVED_IN_10_0 : ENTRY_RESERVED;
    long address =
        DevTabBase.BASE.inPlace(probe.tables().root())
            + (long) requester.value() * DeviceTableEntry.BYTES;
    long[] words = new long[reserved.length];
    try {
      memory.readLongs(address, words, words.length);
    } catch (UnreadableMemoryException e) {
      return new AmdviAsQemu(requester, 0, false, List.of(), OptionalLong.empty());
    }
    for (int i = 0; i < words.length; i++) {
      if ((words[i] & reserved[i]) != 0) {
        return new AmdviAsQemu(requester, words[0], true, List.of(), OptionalLong.empty());
      }
    }
    List<Step> steps = new ArrayList<>();
    OptionalLong reached = walked(memory, probe, words[0], steps);
    return new AmdviAsQemu(requester, words[0], false, steps, reached);
  }

  private static OptionalLong walked(
      PhysicalMemory memory, Probe probe, long word0, List<Step> steps) {
    long iova = probe.tables().iova();
    if (!DeviceTableEntry.V.isSet(word0)) {
      return OptionalLong.of(iova);
    }
    BitField right = right(probe.access());
    int level = DeviceTableEntry.TV.isSet(word0) ? DeviceTableEntry.levels(word0) : 0;
    if (level == DeviceTableEntry.MODE_UNTRANSLATED) {
      return right.isSet(word0) ? OptionalLong.of(iova) : OptionalLong.empty();
    }
    long entry = word0;
    while (level <= DeviceTableEntry.MODE_LEVELS_MAX
        && PageTableEntry.PR.isSet(entry)
        && right.isSet(entry)
        && steps.size() < STEPS_MAX) {
      long table = PageTableEntry.ADDR.inPlace(entry);
      entry = word(memory, PageTableEntry.LARGEST.entryAddress(table, iova, level));
      Step step = new Step(level, entry);
      steps.add(step);
      if (step.isLeaf()) {
        return right.isSet(entry) ? OptionalLong.of(step.physical(iova)) : OptionalLong.empty();
      }
      level = step.next();
    }
    return OptionalLong.empty();
  }

  private static BitField right(Access access) {
    return switch (access) {
      case READ -> PageTableEntry.IR;
      case WRITE -> PageTableEntry.IW;
    };
  }

  /** What cannot be read is as good as 0 to QEMU: it blocks. */
  private static long word(PhysicalMemory memory, long address) {
    try {
      return memory.readLong(address);
    } catch (UnreadableMemoryException e) {
      return 0;
    }
  }
}
