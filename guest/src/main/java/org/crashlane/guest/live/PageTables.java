// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * The page tables of a processor (x86-64, Intel SDM volume 3A, 4.5), as far as it takes to tell
 * whose they are.
 */
final class PageTables {
  static final BitField PRESENT = BitField.bit("P", 0);
  static final BitField WRITABLE = BitField.bit("R/W", 1);
  static final BitField PAGE_SIZE = BitField.bit("PS", 7);
  static final BitField ADDRESS = BitField.bits("address", 51, 12);
  private static final int ENTRIES = PageArena.PAGE_BYTES / Long.BYTES;

  /** The real-mode trampoline has tables of its own there. */
  static final AddressRange FIRST_MEBIBYTE = AddressRange.ofSize(0, 1 << 20);

  private PageTables() {}

  /**
   * {@return true if the table at {@code root}, and all that its two upper levels lead to, lie in
   * {@code ranges} or in the first MiB: the kernel that uses them has no other memory}
   *
   * @param root CR3
   */
  static boolean lieIn(List<AddressRange> ranges, long root, PhysicalMemory memory) {
    long top = ADDRESS.inPlace(root);
    return isIn(ranges, top) && lieIn(ranges, top, memory, 2);
  }

  /**
   * {@return true if they may be those that kexec jumps to a capture kernel by: its identity
   * mapping lies in {@code ranges}, and beside that a single entry at the top leads elsewhere, to
   * where the code that jumps is mapped (init_transition_pgtable in Linux's
   * arch/x86/kernel/machine_kexec_64.c)}
   *
   * @param root CR3
   */
  static boolean mayBeOfJumpInto(List<AddressRange> ranges, long root, PhysicalMemory memory) {
    long top = ADDRESS.inPlace(root);
    if (ranges.stream().noneMatch(range -> range.contains(top))) {
      return false;
    }
    int insideCount = 0;
    int outsideCount = 0;
    for (long entry : entries(top, memory)) {
      if (leads(entry) && isIn(ranges, ADDRESS.inPlace(entry))) {
        insideCount++;
      } else if (leads(entry)) {
        outsideCount++;
      }
    }
    return insideCount > 0 && outsideCount <= 1;
  }

  private static boolean lieIn(
      List<AddressRange> ranges, long table, PhysicalMemory memory, int levelsLeft) {
    for (long entry : entries(table, memory)) {
      boolean leads = leads(entry);
      if (leads && !isIn(ranges, ADDRESS.inPlace(entry))) {
        return false;
      }
      if (leads
          && levelsLeft > 1
          && !lieIn(ranges, ADDRESS.inPlace(entry), memory, levelsLeft - 1)) {
        return false;
      }
    }
    return true;
  }

  private static long[] entries(long table, PhysicalMemory memory) {
    long[] entries = new long[ENTRIES];
    memory.readLongs(table, entries, ENTRIES);
    return entries;
  }

  private static boolean leads(long entry) {
    return PRESENT.isSet(entry) && !PAGE_SIZE.isSet(entry);
  }

  private static boolean isIn(List<AddressRange> ranges, long table) {
    return FIRST_MEBIBYTE.contains(table) || ranges.stream().anyMatch(r -> r.contains(table));
  }
}
