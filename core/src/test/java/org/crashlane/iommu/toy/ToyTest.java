// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.Iotlb;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.RequestWalk;
import org.crashlane.iommu.paging.TablesProperties;
import org.crashlane.iommu.paging.UnitCaches;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A vendor unlike any there is, against the walker, the request walk and the mapper. */
class ToyTest extends TablesProperties {
  private static final int PAGE = 0x1_0000;
  private static final long BLOCK = 1L << 29;
  private static final AddressRange ARENA = AddressRange.ofSize(0x1000_0000L, 0x1000_0000L);

  private final ToyMachine machine = new ToyMachine();
  private final PageArena arena = PageArena.in(ARENA, PAGE);

  @Override
  protected PagedMachine machine(SplittableRandom random) {
    return new ToyMachine();
  }

  @Override
  protected List<Permissions> rights() {
    return List.of(Permissions.READ_ONLY, Permissions.READ_WRITE);
  }

  @Override
  protected long hostBytes() {
    return 1L << ToyMachine.ADDRESS_BITS;
  }

  @Override
  protected long garbage(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextLong() | 0x403;
      case 2 -> (random.nextLong() & ~(BLOCK - 1)) | 0x401;
      default ->
          (ToyMachine.TOP + (long) random.nextInt(TABLE_COUNT) * PAGE)
              | 3
              | ToyFormat.TABLE_READ_ONLY.of(random.nextInt(2));
    };
  }

  private MapResult identity(AddressRange range) {
    return machine.editor().map(machine.memory, machine.table(), Mapping.identity(range), arena);
  }

  @Test
  void tablesHave8192EntriesAndTheTopOneSixteenTimesAsMany() {
    assertEquals(8192, ToyFormat.GEOMETRY.entryCount(1));
    assertEquals(16 * 8192, ToyFormat.GEOMETRY.entryCount(2));
    assertEquals(BLOCK, ToyFormat.GEOMETRY.entrySpanBytes(2));
  }

  @Test
  void mappingIdentityAgainChangesNothing() {
    // Below, in and above a block, behind the first of the sixteen top tables.
    AddressRange range = new AddressRange((1L << 43) - PAGE, (1L << 43) + BLOCK + PAGE - 1);
    assertEquals(new MapResult.Mapped(3, 2, 0), identity(range));
    CountingMemory counting = new CountingMemory(machine.memory);
    assertEquals(
        new MapResult.Mapped(0, 0, range.sizeBytes()),
        machine.editor().map(counting, machine.table(), Mapping.identity(range), arena));
    assertEquals(0, counting.writtenCount());
    assertEquals(
        List.of(new Mapping(range, range.first(), Permissions.READ_WRITE)),
        machine.walk().mappings());
  }

  @Test
  void highAddressBitsArePutBelowTheOthers() {
    long physical = 0xa_0000_0000_0000L + PAGE;
    Mapping wanted = new Mapping(AddressRange.ofSize(PAGE, PAGE), physical, Permissions.READ_ONLY);
    machine.editor().map(machine.memory, machine.table(), wanted, arena);
    long leaf = machine.memory.readLong(ARENA.first() + Long.BYTES);
    assertEquals(0xa, ToyFormat.HIGH.get(leaf));
    assertEquals(new Outcome.Reached(physical + 5), machine.translate(PAGE + 5, Access.READ));
    assertInstanceOf(Outcome.Blocked.class, machine.translate(PAGE + 5, Access.WRITE));
    assertEquals(List.of(wanted), machine.walk().mappings());
  }

  @Test
  void runThatCrossesTheHighAddressBitsIsOneMapping() {
    long physical = 0xb_0000_0000_0000L - 4096L * PAGE;
    AddressRange iovas = AddressRange.ofSize(0, BLOCK);
    Mapping wanted = new Mapping(iovas, physical, Permissions.READ_WRITE);
    machine.editor().map(machine.memory, machine.table(), wanted, arena);
    assertEquals(List.of(wanted), machine.walk().mappings());
  }

  @Test
  void tableThatForbidsWritesForbidsThemBelowAndIsNoWayForAMapping() {
    identity(AddressRange.ofSize(PAGE, PAGE));
    long table = machine.memory.readLong(ToyMachine.TOP);
    machine.memory.writeLong(ToyMachine.TOP, table | ToyFormat.TABLE_READ_ONLY.mask());
    assertEquals(new Outcome.Reached(PAGE), machine.translate(PAGE, Access.READ));
    assertInstanceOf(Outcome.Blocked.class, machine.translate(PAGE, Access.WRITE));
    assertEquals(Permissions.READ_ONLY, machine.walk().mappings().getFirst().permissions());
    assertInstanceOf(MapResult.Refused.class, identity(AddressRange.ofSize(2 * PAGE, PAGE)));
    assertInstanceOf(MapResult.Conflict.class, identity(AddressRange.ofSize(PAGE, PAGE)));
  }

  @Test
  void leafThatWasNotAccessedFaultsAndIsReportedByTheWalk() {
    identity(AddressRange.ofSize(PAGE, PAGE));
    long at = ARENA.first() + Long.BYTES;
    machine.memory.writeLong(at, ToyFormat.ACCESSED.with(machine.memory.readLong(at), 0));
    Outcome.Blocked blocked =
        assertInstanceOf(Outcome.Blocked.class, machine.translate(PAGE, Access.READ));
    assertEquals(ToyFormat.Reason.ACCESS, blocked.fault().why());
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(), walk.mappings());
    assertEquals(at, walk.malformations().getFirst().entryAddress());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {5, 6})
  void rememberedTranslationsAreThoseOfTheTables(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20; i++) {
      long first = random.nextLong(1L << 46) & -PAGE;
      identity(AddressRange.ofSize(first, PAGE));
    }
    identity(AddressRange.ofSize(BLOCK, BLOCK));
    RequestWalk walk = new RequestWalk(ToyMachine.PAGING, true);
    UnitCaches caches = new UnitCaches(ToyFormat.GEOMETRY, true) {};
    List<Mapping> mapped = machine.walk().mappings();
    for (int i = 0; i < 2000; i++) {
      Mapping mapping = mapped.get(random.nextInt(mapped.size()));
      long iova =
          mapping.iova().first() - PAGE + random.nextLong(mapping.iova().sizeBytes() + PAGE);
      Request request = new Request(RequesterId.parse("00:04.0"), iova, Access.WRITE);
      long value = caches.iotlb().find(1, ToyFormat.GEOMETRY.levels(), iova);
      WalkSink sink = caches.sink(1, true, WalkSink.NONE);
      Outcome outcome =
          value == Iotlb.NOT_CACHED
              ? walk.translate(machine.memory, request, machine.table(), Faults.RECORDED, sink)
              : walk.remembered(caches.iotlb(), value, request, Faults.RECORDED);
      assertEquals(machine.unit().translate(request), outcome);
    }
  }
}
