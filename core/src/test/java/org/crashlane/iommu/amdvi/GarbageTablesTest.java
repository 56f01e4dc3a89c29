// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.GarbageTables;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Tag;

/** Damaged tables behind a device table of one page, on hosts with encrypted memory and without. */
@Tag("slow")
class GarbageTablesTest extends GarbageTables {
  private static final int HOST_WIDTH = 46;
  private static final long[] ENCRYPTION_MASKS = {0, 1L << 47};

  @Override
  protected List<byte[]> sound() {
    return List.of(chain(3), chain(4), skipping());
  }

  /** Present, any next level, rights that are mostly there, and now and then any bit at all. */
  @Override
  protected long garbageAttributes(RandomGenerator random) {
    long rights = random.nextLong(4) << PageTableEntry.IR.low();
    long level = PageTableEntry.NEXT_LEVEL.of(random.nextInt(8));
    long valid = DeviceTableEntry.blocked();
    return random.nextInt(16) == 0 ? random.nextLong() : valid | level | rights;
  }

  @Override
  protected void useAll(byte[] image) {
    for (long encryptionMask : ENCRYPTION_MASKS) {
      SparseMemory memory = memory(image);
      UnitConfig config =
          new UnitConfig(
              AmdviFixture.QEMU,
              HOST_WIDTH,
              true,
              encryptionMask,
              true,
              new DeviceTableBase(List.of(DeviceTableBase.register(0, PAGE))),
              true,
              ExclusionRange.NONE);
      AmdviTables tables =
          AmdviTables.open(
              memory,
              AmdviFixture.registers(config),
              new HostFacts(HOST_WIDTH, encryptionMask, Known.UNKNOWN, Set.of()));
      use(memory, new Unit(config).uncached(memory), tables);
    }
  }

  /** A device table, and {@code levels} levels behind it, a page each. */
  private static byte[] chain(int levels) {
    byte[] bytes = device(levels);
    ByteBuffer image = words(bytes);
    for (int level = levels; level > 1; level--) {
      int page = 1 + levels - level;
      image.putLong(page * PAGE, PageTableEntry.table((page + 1L) * PAGE, level - 1));
      image.putLong(
          page * PAGE + Long.BYTES, PageTableEntry.leaf(0x4000_0000L, Permissions.READ_WRITE));
    }
    putLeaves(image, levels);
    return bytes;
  }

  /** A device table, and six levels of which two are there. */
  private static byte[] skipping() {
    byte[] bytes = device(6);
    ByteBuffer image = words(bytes);
    image.putLong(PAGE, PageTableEntry.table(2L * PAGE, 1));
    image.putLong(PAGE + 127 * Long.BYTES, PageTableEntry.table(2L * PAGE, 1));
    image.putLong(PAGE + 200 * Long.BYTES, PageTableEntry.table(2L * PAGE, 5));
    putLeaves(image, 2);
    return bytes;
  }

  private static byte[] device(int levels) {
    byte[] bytes = new byte[PAGES * PAGE];
    words(bytes).putLong(0, DeviceTableEntry.translated(PAGE, levels));
    return bytes;
  }

  /** Pages of 4 KiB with gaps, and one of 64 KiB. */
  private static void putLeaves(ByteBuffer image, int page) {
    for (int entry = 32; entry < PageTableEntry.LARGEST.entryCount(1); entry += 3) {
      long leaf = PageTableEntry.leaf((long) entry * PAGE, Permissions.READ_WRITE);
      image.putLong(page * PAGE + entry * Long.BYTES, leaf);
    }
    for (int entry = 16; entry < 32; entry++) {
      long leaf = PageTableEntry.sizedLeaf(0x1_0000, 0x1_0000, Permissions.READ_WRITE);
      image.putLong(page * PAGE + entry * Long.BYTES, leaf);
    }
  }
}
