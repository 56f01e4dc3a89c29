// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.GarbageTables;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Tag;

/** Damaged tables of both modes. */
@Tag("slow")
class GarbageTablesTest extends GarbageTables {
  private static final int HOST_WIDTH = 46;

  /** As QEMU's, with everything that ECAP can promise. */
  private static final Capabilities ALL = new Capabilities(VtdFixture.WIDE.cap(), -1L);

  @Override
  protected List<byte[]> sound() {
    return List.of(legacy(), scalable());
  }

  @Override
  protected long garbageAttributes(RandomGenerator random) {
    return random.nextInt(4) == 0 ? random.nextLong(PAGE) : random.nextLong(PAGES);
  }

  @Override
  protected void useAll(byte[] image) {
    for (int mode : new int[] {Registers.Rtaddr.TTM_LEGACY, Registers.Rtaddr.TTM_SCALABLE}) {
      SparseMemory memory = memory(image);
      UnitConfig config = UnitConfig.translating(ALL, HOST_WIDTH, Registers.Rtaddr.TTM.of(mode));
      TableWalker walker =
          new TableWalker(
              memory, config.firstLevel(PageTableFormat.Privilege.SUPERVISOR), WalkLimits.DEFAULT);
      walker.walk(
          new TableId(4L * PAGE, SecondLevelEntry.geometry(4)), inOrder(new AddressRange(0, -1L)));
      use(
          memory,
          new Unit(config).uncached(memory),
          VtdTables.open(memory, VtdFixture.registers(config), new HostFacts(HOST_WIDTH)));
    }
  }

  /** Root, context, and four levels behind them, a page each. */
  private static byte[] legacy() {
    byte[] bytes = new byte[PAGES * PAGE];
    ByteBuffer image = words(bytes);
    image.putLong(0, RootEntry.low(PAGE));
    image.putLong(PAGE, ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, 2L * PAGE));
    image.putLong(PAGE + Long.BYTES, ContextEntry.high(4, 1));
    putTables(image, 2);
    return bytes;
  }

  /** Root, context, PASID directory and table, and three levels behind them. */
  private static byte[] scalable() {
    byte[] bytes = new byte[PAGES * PAGE];
    ByteBuffer image = words(bytes);
    image.putLong(0, ScalableRootEntry.pointingTo(PAGE));
    image.putLong(PAGE, 2L * PAGE | ScalableContextEntry.P.of(1));
    image.putLong(2 * PAGE, 3L * PAGE | PasidDirectoryEntry.P.of(1));
    long word =
        4L * PAGE
            | PasidTableEntry.P.of(1)
            | PasidTableEntry.AW.of(1)
            | PasidTableEntry.PGTT.of(PasidTableEntry.PGTT_SECOND_LEVEL);
    image.putLong(3 * PAGE, word);
    image.putLong(3 * PAGE + Long.BYTES, PasidTableEntry.DID.of(1));
    putTables(image, 4);
    return bytes;
  }

  /** Each page from {@code top} on leads to the next; the last but one has leaves. */
  private static void putTables(ByteBuffer image, int top) {
    for (int page = top; page < PAGES - 1; page++) {
      image.putLong(page * PAGE, SecondLevelEntry.table((page + 1L) * PAGE));
      image.putLong(
          page * PAGE + Long.BYTES, SecondLevelEntry.leaf(0x4000_0000L, 3, Permissions.READ_WRITE));
    }
    for (int entry = 2; entry < SecondLevelEntry.LARGEST.entryCount(1); entry += 3) {
      image.putLong(
          (PAGES - 2) * PAGE + entry * Long.BYTES,
          SecondLevelEntry.leaf((long) entry * PAGE, 1, Permissions.READ_WRITE));
    }
  }
}
