// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/**
 * Translation, walks, attachments and mapping on a memory of a few pages of damaged tables and of
 * garbage whose pointers stay within it, so that tables meet, share pages and go in circles.
 */
public abstract class GarbageTables {
  /** How many pages of memory there are. */
  protected static final int PAGES = 8;

  protected static final int PAGE = 1 << 12;

  private static final long SEED = 20081121;
  private static final int GARBAGE_COUNT = 3;
  private static final int TABLES_WALKED = 3;
  private static final RequesterId DEVICE = RequesterId.parse("00:00.0");

  private final AtomicLong mappingCount = new AtomicLong();

  /** For the tests of one vendor. */
  protected GarbageTables() {}

  /** {@return images of {@link #PAGES} pages, of sound tables} */
  protected abstract List<byte[]> sound();

  /** Uses all that there is on tables in {@code memory}; {@code image} is what it was made of. */
  protected abstract void useAll(byte[] image);

  /** {@return bits that garbage may have besides an address} */
  protected abstract long garbageAttributes(RandomGenerator random);

  @Test
  void damagedTablesAreStood() throws InterruptedException {
    List<byte[]> corpus = new ArrayList<>(sound());
    for (int stream = 1; stream <= GARBAGE_COUNT; stream++) {
      corpus.add(garbage(stream));
    }
    long count = new Fuzz("IOMMU tables", corpus, List.of()).run(this::useAll);
    assertTrue(mappingCount.get() > count, "hardly anything was mapped: " + mappingCount);
  }

  /** Translates, walks and maps, as far as {@code tables} say that devices are attached. */
  protected final void use(SparseMemory memory, Iommu unit, TranslationTables tables) {
    for (long iova : new long[] {0, 0x1238, 0x20_0000, 0x4000_0000L, 1L << 47, -8}) {
      unit.translate(new Request(DEVICE, iova, Access.READ));
      unit.translate(new Request(DEVICE, iova, Access.WRITE));
    }
    tables.devices().malformations();
    tables.devices().pages();
    tables.interrupts().tablePages();
    tables.interrupts().prepare(DEVICE);
    List<TableId> attached =
        tables.devices().attachments().stream()
            .filter(Attachment.Translated.class::isInstance)
            .map(attachment -> ((Attachment.Translated) attachment).table())
            .distinct()
            .limit(TABLES_WALKED)
            .toList();
    for (TableId table : attached) {
      tables.walk(table, inOrder(tables.reach(table)));
      PageArena arena = PageArena.in(AddressRange.ofSize((PAGES - 1L) * PAGE, PAGE));
      tables.mapIdentity(
          memory, table, Window.ofCrashRange(AddressRange.ofSize(0x3f_f000, 0x40_2000)), arena);
    }
  }

  /** {@return who checks that every mapping lies within reach and behind the one before} */
  protected final WalkVisitor inOrder(AddressRange reach) {
    return new InOrder(reach);
  }

  /** {@return memory that begins with {@code image}} */
  protected static SparseMemory memory(byte[] image) {
    SparseMemory memory = SparseMemory.ofSize((long) PAGES * PAGE);
    ByteBuffer words = words(image);
    for (long at = 0; words.remaining() >= Long.BYTES && at < PAGES * PAGE; at += Long.BYTES) {
      memory.writeLong(at, words.getLong());
    }
    return memory;
  }

  private byte[] garbage(int stream) {
    RandomGenerator random = new SplittableRandom(SEED + stream);
    byte[] bytes = new byte[PAGES * PAGE];
    ByteBuffer image = words(bytes);
    while (image.hasRemaining()) {
      image.putLong(random.nextLong(PAGES) * PAGE | garbageAttributes(random));
    }
    return bytes;
  }

  /** {@return {@code bytes} as words in the order that they have in memory} */
  protected static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

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
      assertTrue(Long.compareUnsigned(malformation.iova(), malformation.iovaLast()) <= 0);
    }

    @Override
    public void tablePage(long address, long sizeBytes, int level) {
      assertTrue(level > 0);
    }
  }
}
