// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a walk tells of tables built by hand. */
class WalkerTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;

  private VtdFixture machine;

  @BeforeEach
  void chain() {
    machine = new VtdFixture();
    machine.chain(L3, L2, L1);
  }

  private void page(int index, long physical, Permissions permissions) {
    machine.entry(L1, index, SecondLevelEntry.leaf(physical, 1, permissions));
  }

  private static Mapping mapping(long first, long last, long physical, Permissions permissions) {
    return new Mapping(new AddressRange(first, last), physical, permissions);
  }

  private void assertMappings(Mapping... expected) {
    assertEquals(List.of(expected), machine.walk().mappings());
  }

  @Test
  void pagesThatRunOnAreOneMapping() {
    page(1, 0x80_0000, Permissions.READ_WRITE);
    page(2, 0x80_1000, Permissions.READ_WRITE);
    page(3, 0x80_2000, Permissions.READ_WRITE);
    assertMappings(mapping(0x1000, 0x3fff, 0x80_0000, Permissions.READ_WRITE));
  }

  @Test
  void ignoredBitsDoNotPartAMapping() {
    page(1, 0x80_0000, Permissions.READ_WRITE);
    machine.entry(
        L1, 2, SecondLevelEntry.leaf(0x80_1000, 1, Permissions.READ_WRITE) | 1L << 63 | 1L << 6);
    page(3, 0x80_2000, Permissions.READ_WRITE);
    assertMappings(mapping(0x1000, 0x3fff, 0x80_0000, Permissions.READ_WRITE));
  }

  @Test
  void otherRightsOrTargetsPartMappings() {
    page(1, 0x80_0000, Permissions.READ_WRITE);
    page(2, 0x80_1000, Permissions.READ_ONLY);
    page(3, 0x80_2000, Permissions.READ_ONLY);
    page(4, 0x90_0000, Permissions.READ_ONLY);
    page(6, 0x90_2000, Permissions.READ_ONLY);
    assertMappings(
        mapping(0x1000, 0x1fff, 0x80_0000, Permissions.READ_WRITE),
        mapping(0x2000, 0x3fff, 0x80_1000, Permissions.READ_ONLY),
        mapping(0x4000, 0x4fff, 0x90_0000, Permissions.READ_ONLY),
        mapping(0x6000, 0x6fff, 0x90_2000, Permissions.READ_ONLY));
  }

  @Test
  void mappingsRunOnAcrossTablesAndLeafSizes() {
    page(511, 0x11f_f000, Permissions.READ_WRITE);
    machine.entry(L2, 1, SecondLevelEntry.leaf(0x120_0000, 2, Permissions.READ_WRITE));
    assertMappings(mapping(0x1f_f000, 0x3f_ffff, 0x11f_f000, Permissions.READ_WRITE));
  }

  @Test
  void rightsAreAndedOverAllLevels() {
    page(0, 0x80_0000, Permissions.READ_WRITE);
    page(1, 0x80_1000, Permissions.WRITE_ONLY);
    machine.entry(L3, 0, L2 | SecondLevelEntry.R.mask());
    assertMappings(mapping(0, 0xfff, 0x80_0000, Permissions.READ_ONLY));
  }

  @Test
  void mappingsEndWhereMgawEnds() {
    Capabilities narrow =
        new Capabilities(
            Registers.Cap.MGAW.with(VtdFixture.WIDE.cap(), 29), VtdFixture.WIDE.ecap());
    machine = new VtdFixture(narrow, 4);
    machine.chain(L3);
    machine.entry(L3, 0, SecondLevelEntry.leaf(0x4000_0000L, 3, Permissions.READ_WRITE));
    machine.entry(L3, 1, SecondLevelEntry.leaf(0x8000_0000L, 3, Permissions.READ_WRITE));
    assertMappings(mapping(0, 0x3fff_ffffL, 0x4000_0000L, Permissions.READ_WRITE));
  }

  @Test
  void whatLiesBeyondMgawIsNeitherReadNorReported() {
    Capabilities narrow =
        new Capabilities(
            Registers.Cap.MGAW.with(VtdFixture.WIDE.cap(), 29), VtdFixture.WIDE.ecap());
    machine = new VtdFixture(narrow, 4);
    machine.chain(L3);
    machine.entry(L3, 1, SecondLevelEntry.table(VtdFixture.MEMORY_BYTES));
    machine.entry(L3, 2, SecondLevelEntry.table(L2));
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(), walk.malformations());
    assertEquals(2, walk.tablePages().size(), "the top table and one of level 3");
  }

  @Test
  void reservedEntryIsToldAndMapsNothing() {
    page(0, 0x80_0000, Permissions.READ_WRITE);
    machine.entry(L1, 1, SecondLevelEntry.leaf(0x80_1000, 1, Permissions.READ_WRITE) | 1L << 46);
    page(2, 0x80_2000, Permissions.READ_WRITE);
    RecordedWalk walk = machine.walk();
    assertEquals(2, walk.mappings().size());
    Malformation told = walk.malformations().getFirst();
    assertEquals(Kind.RESERVED, told.kind());
    assertEquals(L1 + 8, told.entryAddress());
    assertEquals(0x1000, told.iova());
  }

  @Test
  void runEndsWhereTheNextPageWouldBeBeyondTheHost() {
    long last = (1L << 46) - 0x1000;
    page(0, last, Permissions.READ_WRITE);
    machine.entry(L1, 1, SecondLevelEntry.leaf(last, 1, Permissions.READ_WRITE) + 0x1000);
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(mapping(0, 0xfff, last, Permissions.READ_WRITE)), walk.mappings());
    assertEquals(1, walk.count(Kind.RESERVED));
  }

  @Test
  void runDoesNotCarryFromTheHighestAddressIntoIgnoredBits() {
    machine.memory.writeLong(VtdFixture.ROOT, RootEntry.low(VtdFixture.CONTEXT));
    UnitConfig widest = UnitConfig.translating(VtdFixture.WIDE, 52, VtdFixture.ROOT);
    long last = (1L << 52) - 0x1000;
    long entry = SecondLevelEntry.leaf(last, 1, Permissions.READ_WRITE);
    machine.entry(L1, 0, entry);
    machine.entry(L1, 1, entry + 0x1000);
    RecordedWalk walk = new RecordedWalk();
    new TableWalker(machine.memory, widest.secondLevel(), WalkLimits.DEFAULT)
        .walk(machine.table(), walk);
    assertEquals(
        List.of(
            mapping(0, 0xfff, last, Permissions.READ_WRITE),
            mapping(0x1000, 0x1fff, 0, Permissions.READ_WRITE)),
        walk.mappings());
  }

  @Test
  void tablePagesAreToldFromTheTopDown() {
    page(0, 0x80_0000, Permissions.READ_WRITE);
    assertEquals(List.of(VtdFixture.TOP, L3, L2, L1), machine.walk().tablePages());
  }

  @Test
  void unreadableTableIsToldAndTheWalkGoesOn() {
    machine.entry(L3, 0, SecondLevelEntry.table(0x3f_0000_0000L));
    machine.entry(L3, 1, SecondLevelEntry.leaf(0x4000_0000L, 3, Permissions.READ_WRITE));
    RecordedWalk walk = machine.walk();
    assertEquals(1, walk.mappings().size());
    assertEquals(Kind.UNREADABLE, walk.malformations().getFirst().kind());
    assertEquals(L3, walk.malformations().getFirst().entryAddress());
  }

  @Test
  void tableThatMapsItselfIsToldAndFollowedAsHardwareWould() {
    page(0, 0x80_0000, Permissions.READ_WRITE);
    machine.entry(VtdFixture.TOP, 511, SecondLevelEntry.table(VtdFixture.TOP));
    RecordedWalk walk = machine.walk();
    assertTrue(walk.count(Kind.CYCLE) >= 1);
    assertEquals(0, walk.count(Kind.BOUND));
    // All indices 511: the top table is its own leaf table, and a device may write it.
    long topAsPage = 0xffff_ffff_f000L;
    assertEquals(VtdFixture.TOP, walk.at(topAsPage).orElseThrow().physicalFirst());
    assertEquals(new Outcome.Reached(VtdFixture.TOP), machine.translate(topAsPage, Access.WRITE));
  }

  @Test
  void tableOfNothingButItselfEndsAtTheVisitBound() {
    for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
      machine.entry(VtdFixture.TOP, i, SecondLevelEntry.table(VtdFixture.TOP));
    }
    WalkLimits limits = new WalkLimits(8, 1000, 20);
    RecordedWalk walk = machine.walk(limits);
    assertEquals(8, walk.tablePages().size());
    assertEquals(20, walk.malformations().size());
    assertEquals(Kind.BOUND, walk.malformations().getLast().kind());
  }

  @Test
  void walkEndsAtItsBoundOfTablePages() {
    for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
      machine.entry(L2, i, SecondLevelEntry.table(0x20_0000L + i * 0x1000L));
    }
    RecordedWalk walk = machine.walk(new WalkLimits(1, 100, 1000));
    assertEquals(100, walk.tablePages().size());
    assertTrue(walk.count(Kind.BOUND) >= 1);
  }

  @Test
  void sharedTableIsWalkedAsOftenAsItIsPointedTo() {
    page(0, 0x80_0000, Permissions.READ_WRITE);
    machine.entry(L2, 1, SecondLevelEntry.table(L1));
    assertMappings(
        mapping(0, 0xfff, 0x80_0000, Permissions.READ_WRITE),
        mapping(0x20_0000, 0x20_0fff, 0x80_0000, Permissions.READ_WRITE));
    assertEquals(0, machine.walk().malformations().size());
  }

  private void densePage() {
    for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
      page(i, 0x8000_0000L + i * 0x1000L, Permissions.READ_WRITE);
    }
  }

  @Test
  void densePageIsOneMapping() {
    densePage();
    assertMappings(mapping(0, 0x1f_ffff, 0x8000_0000L, Permissions.READ_WRITE));
  }

  @ParameterizedTest(name = "entry {0}")
  @ValueSource(ints = {1, 2, 255, 510, 511})
  void oneEntryElsewhereInADensePagePartsIt(int index) {
    densePage();
    page(index, 0x9000_0000L, Permissions.READ_WRITE);
    List<Mapping> mappings = machine.walk().mappings();
    assertEquals(index == 511 ? 2 : 3, mappings.size());
    assertEquals(index * 0x1000L - 1, mappings.getFirst().iova().last());
    assertEquals(0x9000_0000L, mappings.get(1).physicalFirst());
  }

  @ParameterizedTest(name = "entry {0}")
  @ValueSource(ints = {0, 1, 255, 511})
  void oneRightLessInADensePagePartsIt(int index) {
    densePage();
    page(index, 0x8000_0000L + index * 0x1000L, Permissions.READ_ONLY);
    assertEquals(
        Permissions.READ_ONLY, machine.walk().at(index * 0x1000L).orElseThrow().permissions());
    assertEquals(index % 511 == 0 ? 2 : 3, machine.walk().mappings().size());
  }

  @Test
  void tableThatTheEndOfMemoryCutsOffIsUnreadable() {
    SparseMemory cut = SparseMemory.ofSize(L1 + 0x800);
    for (long[] link : new long[][] {{VtdFixture.TOP, L3}, {L3, L2}, {L2, L1}, {L1, 0x8000}}) {
      cut.writeLong(link[0], SecondLevelEntry.table(link[1]));
    }
    RecordedWalk walk = new RecordedWalk();
    new TableWalker(cut, machine.config.secondLevel(), WalkLimits.DEFAULT)
        .walk(machine.table(), walk);
    assertEquals(List.of(), walk.mappings());
    assertEquals(1, walk.count(Kind.UNREADABLE));
  }
}
