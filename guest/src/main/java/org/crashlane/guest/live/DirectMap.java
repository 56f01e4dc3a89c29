// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.PageArena;

/**
 * How Linux on x86-64 maps a page of memory in its direct map, which has all of memory. While a
 * capture kernel is loaded, its crash range is read-only there (arch_kexec_protect_crashkres in
 * arch/x86/kernel/machine_kexec_64.c, from 4.7 on); it is made writable before it is unloaded.
 */
final class DirectMap {
  /** A process's own tables are the second of two pages where Linux isolates them (PTI). */
  private static final BitField OF_PROCESS = BitField.bit("PTI_USER_PGTABLE_BIT", 12);

  private static final int ENTRIES = PageArena.PAGE_BYTES / Long.BYTES;
  private static final int FIRST_OF_KERNEL = ENTRIES / 2;
  private static final int PAGE_SHIFT = 12;
  private static final int LEVEL_BITS = 9;

  /** What covers a GiB: the direct map begins at a multiple of it. */
  private static final int GIB_LEVEL = 3;

  /** A hostile guest shall not cost more. */
  private static final int TABLES_MAX = 1 << 17;

  /** What a kernel may do with a page. */
  enum Access {
    WRITABLE,
    READ_ONLY,
    /** No table of a kernel leads to it. */
    UNMAPPED
  }

  private final SparingReader memory;
  private final long page;
  private int tablesLeft = TABLES_MAX;

  DirectMap(SparingReader memory, long page) {
    this.memory = memory;
    this.page = page;
  }

  /**
   * {@return what the kernel of a processor may do with the page}
   *
   * @param root CR3
   */
  Access access(long root, boolean hasFiveLevels) throws IOException {
    long top = PageTables.ADDRESS.inPlace(root);
    for (long table : List.of(top, top & ~OF_PROCESS.mask())) {
      Access access = table == 0 ? Access.UNMAPPED : walk(table, hasFiveLevels ? 5 : 4, true, true);
      if (access != Access.UNMAPPED) {
        return access;
      }
    }
    return Access.UNMAPPED;
  }

  private Access walk(long table, int level, boolean isTop, boolean isWritable) throws IOException {
    if (tablesLeft-- <= 0) {
      return Access.UNMAPPED;
    }
    if (level < GIB_LEVEL) {
      int index = (int) (page >>> shift(level)) & ENTRIES - 1;
      return follow(memory.word(table + (long) index * Long.BYTES), level, isWritable);
    }
    ByteBuffer entries = SparingReader.buffer(PageArena.PAGE_BYTES);
    memory.read(table, entries);
    Access found = Access.UNMAPPED;
    for (int i = isTop ? FIRST_OF_KERNEL : 0; i < entries.limit() / Long.BYTES; i++) {
      Access access = follow(entries.getLong(i * Long.BYTES), level, isWritable);
      if (access == Access.WRITABLE) {
        return access;
      }
      found = access == Access.UNMAPPED ? found : access;
    }
    return found;
  }

  private Access follow(long entry, int level, boolean isWritableAbove) throws IOException {
    if (!PageTables.PRESENT.isSet(entry)) {
      return Access.UNMAPPED;
    }
    boolean isWritable = isWritableAbove && PageTables.WRITABLE.isSet(entry);
    if (level > 1 && !(level <= GIB_LEVEL && PageTables.PAGE_SIZE.isSet(entry))) {
      return walk(PageTables.ADDRESS.inPlace(entry), level - 1, false, isWritable);
    }
    boolean isOfPage = PageTables.ADDRESS.inPlace(entry) >>> shift(level) == page >>> shift(level);
    return !isOfPage ? Access.UNMAPPED : isWritable ? Access.WRITABLE : Access.READ_ONLY;
  }

  private static int shift(int level) {
    return PAGE_SHIFT + LEVEL_BITS * (level - 1);
  }
}
