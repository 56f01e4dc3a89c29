// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Translation, walks, attachments and mapping on a memory of a few pages of damaged tables and of
 * garbage whose pointers stay within it, so that tables meet, share pages and go in circles.
 */
@Tag("slow")
class GarbageTablesTest {
  private static final int PAGES = 8;
  private static final int PAGE = PageTable.PAGE_BYTES;
  private static final int HOST_WIDTH = 46;
  private static final long SEED = 20081121;
  private static final int TABLES_WALKED = 3;
  private static final RequesterId DEVICE = RequesterId.parse("00:00.0");

  /** As QEMU's, with everything that ECAP can promise. */
  private static final Capabilities ALL = new Capabilities(VtdFixture.WIDE.cap(), -1L);

  private final AtomicLong mappingCount = new AtomicLong();

  @Test
  void damagedTablesAreStood() throws InterruptedException {
    List<byte[]> corpus = List.of(legacy(), scalable(), garbage(1), garbage(2), garbage(3));
    long count = new Fuzz("VT-d tables", corpus, List.of()).run(this::useAll);
    assertTrue(mappingCount.get() > count, "hardly anything was mapped: " + mappingCount);
  }

  private void useAll(byte[] image) {
    for (int mode : new int[] {Registers.Rtaddr.TTM_LEGACY, Registers.Rtaddr.TTM_SCALABLE}) {
      SparseMemory memory = memory(image);
      UnitConfig config = UnitConfig.translating(ALL, HOST_WIDTH, Registers.Rtaddr.TTM.of(mode));
      Unit unit = new Unit(memory, config);
      for (long iova : new long[] {0, 0x1238, 0x20_0000, 0x4000_0000L, 1L << 47, -8}) {
        unit.translate(new Request(DEVICE, iova, Access.READ));
        unit.translate(new Request(DEVICE, iova, Access.WRITE));
      }
      Walker walker = new Walker(memory, config, WalkLimits.DEFAULT);
      walker.walkFirstLevel(new TableId(4L * PAGE, 4), new InOrder(new AddressRange(0, -1L)));
      useAttached(memory, VtdTables.open(memory, VtdFixture.registers(config), HOST_WIDTH));
    }
  }

  private void useAttached(SparseMemory memory, VtdTables tables) {
    tables.malformations();
    tables.deviceTablePages();
    List<TableId> attached =
        tables.attachments().stream()
            .filter(Attachment.Translated.class::isInstance)
            .map(attachment -> ((Attachment.Translated) attachment).table())
            .distinct()
            .limit(TABLES_WALKED)
            .toList();
    for (TableId table : attached) {
      tables.walk(table, new InOrder(tables.reach(table)));
      PageArena arena = PageArena.in(AddressRange.ofSize((PAGES - 1L) * PAGE, PAGE));
      tables.mapIdentity(memory, table, AddressRange.ofSize(0x3f_f000, 0x40_2000), arena);
    }
  }

  private static SparseMemory memory(byte[] image) {
    SparseMemory memory = SparseMemory.ofSize((long) PAGES * PAGE);
    ByteBuffer words = words(image);
    for (long at = 0; words.remaining() >= Long.BYTES && at < PAGES * PAGE; at += Long.BYTES) {
      memory.writeLong(at, words.getLong());
    }
    return memory;
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
    for (int entry = 2; entry < PageTable.ENTRY_COUNT; entry += 3) {
      image.putLong(
          (PAGES - 2) * PAGE + entry * Long.BYTES,
          SecondLevelEntry.leaf((long) entry * PAGE, 1, Permissions.READ_WRITE));
    }
  }

  private static byte[] garbage(int stream) {
    RandomGenerator random = new SplittableRandom(SEED + stream);
    byte[] bytes = new byte[PAGES * PAGE];
    ByteBuffer image = words(bytes);
    while (image.hasRemaining()) {
      long attributes = random.nextInt(4) == 0 ? random.nextLong(PAGE) : random.nextLong(PAGES);
      image.putLong(random.nextLong(PAGES) * PAGE | attributes);
    }
    return bytes;
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Every mapping lies within reach and behind the one before. */
  private final class InOrder implements WalkVisitor {
    private final AddressRange reach;
    private OptionalLong before = OptionalLong.empty();

    InOrder(AddressRange reach) {
      this.reach = reach;
    }

    @Override
    public void mapping(long first, long last, long physical, Permissions permissions) {
      assertTrue(reach.contains(new AddressRange(first, last)), "out of reach");
      before.ifPresent(b -> assertTrue(Long.compareUnsigned(b, first) < 0, "out of order"));
      before = OptionalLong.of(last);
      mappingCount.incrementAndGet();
    }

    @Override
    public void malformed(Malformation malformation) {
      assertTrue(!malformation.toString().isEmpty());
    }

    @Override
    public void tablePage(long address, int level) {
      assertTrue(level > 0);
    }
  }
}
