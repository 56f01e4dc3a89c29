// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;

/** What walks find in host page tables, and what mapping makes of it. */
class WalkerTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;
  private static final Permissions RW = Permissions.READ_WRITE;

  private final AmdviFixture machine = new AmdviFixture();
  private final PageArena arena = PageArena.in(AddressRange.ofSize(0x1000_0000L, 0x10_0000L));

  private void start() {
    machine.chain(L3, L2, L1);
  }

  /** Writes the entries of one page of 64 KiB at IOVA 0x10000. */
  private void sizedPage(long physical) {
    for (int i = 16; i < 32; i++) {
      machine.entry(L1, i, PageTableEntry.sizedLeaf(physical, 0x1_0000, RW));
    }
  }

  private MapResult map(long iova, long size, long physical) {
    Mapping wanted = new Mapping(AddressRange.ofSize(iova, size), physical, RW);
    return new TableEditor(machine.config.hostTables())
        .map(machine.memory, machine.table(), wanted, arena);
  }

  @Test
  void sizedPageIsOneMapping() {
    start();
    sizedPage(0x100_0000);
    RecordedWalk walk = machine.walk();
    assertEquals(
        List.of(new Mapping(AddressRange.ofSize(0x1_0000, 0x1_0000), 0x100_0000, RW)),
        walk.mappings());
    assertEquals(List.of(), walk.malformations());
  }

  @Test
  void sizedPageWhoseEntriesDifferMapsNothingForCertain() {
    start();
    sizedPage(0x100_0000);
    machine.entry(L1, 20, 0);
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(), walk.mappings());
    assertEquals(15, walk.count(Kind.UNSETTLED));
    assertTrue(walk.malformations().stream().allMatch(Malformation::isUnread));
    assertEquals(
        Reason.of(TableFact.NOT_WHOLE, new Reason.Size(0x10000)),
        walk.malformations().getFirst().reason());
    assertInstanceOf(MapResult.Refused.class, map(0x1_0000, 0x1000, 0x100_0000));
  }

  @Test
  void accessedAndDirtyBitsMayDifferBetweenTheEntriesOfAPage() {
    start();
    sizedPage(0x100_0000);
    long accessed = PageTableEntry.A.mask() | PageTableEntry.D.mask();
    machine.entry(L1, 20, PageTableEntry.sizedLeaf(0x100_0000, 0x1_0000, RW) | accessed);
    assertEquals(1, machine.walk().mappings().size());
  }

  @Test
  void skippedLevelsServeTheLowestAddressesAlone() {
    machine.entry(AmdviFixture.TOP, 1, PageTableEntry.table(L1, 1));
    machine.entry(L1, 3, PageTableEntry.leaf(0x7000, RW));
    long iova = (1L << 39) + 0x3000;
    assertEquals(
        List.of(new Mapping(AddressRange.ofSize(iova, 0x1000), 0x7000, RW)),
        machine.walk().mappings());
    assertInstanceOf(MapResult.Mapped.class, map(iova + 0x1000, 0x1000, 0x8000));
    assertInstanceOf(MapResult.Refused.class, map((1L << 39) + (1L << 21), 0x1000, 0x8000));
  }

  @Test
  void nextLevelThatIsNotBelowIsTold() {
    start();
    machine.entry(L2, 0, PageTableEntry.table(L1, 2));
    Malformation malformation = machine.walk().malformations().getFirst();
    assertEquals(Reason.of(FaultReason.NEXT_LEVEL, new Reason.Level(2)), malformation.reason());
    assertEquals(new AddressRange(0, 0x1f_ffff), range(malformation));
  }

  private static AddressRange range(Malformation malformation) {
    return new AddressRange(malformation.iova(), malformation.iovaLast());
  }

  @Test
  void tableThatLeadsBackIsACycleAndTheWalkEnds() {
    start();
    machine.entry(L2, 0, PageTableEntry.table(AmdviFixture.TOP, 1));
    machine.entry(AmdviFixture.TOP, 1, PageTableEntry.table(AmdviFixture.TOP, 3));
    RecordedWalk walk = machine.walk(new WalkLimits(4, 100, 100));
    assertTrue(walk.count(Kind.CYCLE) >= 2, walk.malformations()::toString);
  }

  @Test
  void mappingFindsWhatASizedPageMapsAlready() {
    start();
    sizedPage(0x1_0000);
    assertEquals(new MapResult.Mapped(0, 0, 0x1_0000), map(0x1_0000, 0x1_0000, 0x1_0000));
    MapResult.Conflict conflict =
        assertInstanceOf(MapResult.Conflict.class, map(0x1_2000, 0x2000, 0x9000));
    assertEquals(
        List.of(new Mapping(AddressRange.ofSize(0x1_2000, 0x2000), 0x1_2000, RW)),
        conflict.conflicts());
  }

  @Test
  void largestLeavesAreOfOneGibibyte() {
    MapResult.Mapped mapped =
        assertInstanceOf(MapResult.Mapped.class, map(1L << 40, 1L << 39, 1L << 42));
    assertEquals(512, mapped.leafCount());
    assertEquals(1, mapped.tablePageCount());
    RecordedWalk walk = machine.walk();
    assertEquals(1, walk.mappings().size());
  }

  @Test
  void whatIsWrittenUnderEncryptionSaysSo() {
    long encrypted = 1L << 47;
    AmdviFixture host =
        new AmdviFixture(
            new UnitConfig(
                AmdviFixture.QEMU,
                43,
                true,
                encrypted,
                true,
                DeviceTableBase.whole(AmdviFixture.DEVICE_TABLE),
                false,
                ExclusionRange.NONE),
            4);
    AddressRange page = AddressRange.ofSize(0x2a00_0000L, 0x1000);
    new TableEditor(host.config.hostTables())
        .map(host.memory, host.table(), Mapping.identity(page), arena);
    assertTrue((host.memory.readLong(AmdviFixture.TOP) & encrypted) != 0);
    assertEquals(List.of(new Mapping(page, page.first(), RW)), host.walk().mappings());
  }

  @Test
  void theTopOfSixLevelsHasAsManyEntriesAsAddressesCanChoose() {
    AmdviFixture wide = new AmdviFixture(AmdviFixture.QEMU, 6);
    wide.chain(0x107000, 0x108000, L3, L2, L1);
    wide.entry(L1, 3, PageTableEntry.leaf(0x3000, RW));
    wide.entry(AmdviFixture.TOP, 127, PageTableEntry.leaf(0, RW));
    wide.entry(AmdviFixture.TOP, 128, PageTableEntry.leaf(0, RW));
    wide.entry(AmdviFixture.TOP, 511, PageTableEntry.table(AmdviFixture.TOP, 5));
    RecordedWalk walk = wide.walk();
    assertEquals(
        List.of(
            new Mapping(AddressRange.ofSize(0x3000, 0x1000), 0x3000, RW),
            new Mapping(new AddressRange(127L << 57, -1), 0, RW)),
        walk.mappings());
    assertEquals(List.of(), walk.malformations());
  }

  @Test
  void addressBitsAboveTheEncryptionBitAreReserved() {
    UnitConfig config =
        new UnitConfig(
            AmdviFixture.QEMU,
            UnitConfig.PHYSICAL_ADDRESS_WIDTH_MAX,
            true,
            1L << 47,
            true,
            DeviceTableBase.whole(AmdviFixture.DEVICE_TABLE),
            false,
            ExclusionRange.NONE);
    AmdviFixture host = new AmdviFixture(config, 4);
    host.chain(L3, L2, L1);
    host.entry(L1, 3, PageTableEntry.leaf(0x3000 | 1L << 48, RW));
    RecordedWalk walk = host.walk();
    assertEquals(List.of(), walk.mappings());
    assertEquals(1, walk.count(Kind.RESERVED));
  }
}
