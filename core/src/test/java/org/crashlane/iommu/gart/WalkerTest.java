// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.LongStream;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;

/** What a walk tells of tables that are right, and of those that are not. */
class WalkerTest {
  private static final long BASE = 0xc000_0000L;
  private static final long SCRATCH = GartFixture.SCRATCH.address();

  private final GartFixture machine = new GartFixture();

  private void entry(int index, long entry) {
    GartFixture.store32(machine.memory, GartFixture.TABLE + 4L * index, entry);
  }

  private static AddressRange pages(int first, int count) {
    return AddressRange.ofSize(BASE + first * 0x1000L, count * 0x1000L);
  }

  private static Mapping mapping(int first, int count, long physical) {
    return new Mapping(pages(first, count), physical, Permissions.READ_WRITE);
  }

  @Test
  void emptyTableMapsNothingAndIsReadWhole() {
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(), walk.mappings());
    assertEquals(List.of(), walk.malformations());
    assertEquals(
        LongStream.range(0, 16).mapToObj(i -> GartFixture.TABLE + i * 0x1000).toList(),
        walk.tablePages());
    assertEquals(machine.aperture.range(), machine.table().reach());
  }

  @Test
  void pagesThatRunOnAreOneMapping() {
    entry(0, 0x0100_0003L);
    entry(1, 0x0100_1003L);
    entry(2, 0x0100_2001L);
    entry(3, 0x0200_0003L);
    entry(5, 0x0200_1003L);
    entry(1023, 0xffff_f003L);
    entry(1024, 0x0000_0013L);
    entry(16383, 0xffff_fff3L);
    assertEquals(
        List.of(
            mapping(0, 3, 0x0100_0000L),
            mapping(3, 1, 0x0200_0000L),
            mapping(5, 1, 0x0200_1000L),
            mapping(1023, 2, 0xffff_f000L),
            mapping(16383, 1, 0xff_ffff_f000L)),
        machine.walk().mappings());
  }

  @Test
  void firstEntryOfAnApertureAtZeroToPageZeroIsTold() {
    GartFixture atZero = new GartFixture(new Aperture(0, 0));
    GartFixture.store32(atZero.memory, GartFixture.TABLE, 0x3);
    assertEquals(
        List.of(new Mapping(new AddressRange(0, 0xfff), 0, Permissions.READ_WRITE)),
        atZero.walk().mappings());
  }

  @Test
  void reservedBitsAreToldAndTheMappingToo() {
    entry(7, 0x0100_000bL);
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(mapping(7, 1, 0x0100_0000L)), walk.mappings());
    assertEquals(
        new Malformation(
            0x7f00_001cL,
            0x0100_000bL,
            0xc000_7000L,
            0xc000_7fffL,
            Malformation.Kind.RESERVED,
            Reason.of(TableFact.RESERVED_BITS, new Reason.Bits(0x8))),
        walk.malformations().getFirst());
  }

  @Test
  void walkGoesOnBehindAPageThatCannotBeRead() {
    SparseMemory holed =
        new SparseMemory(
            "holed",
            List.of(new AddressRange(0, 0x0000_2fffL), new AddressRange(0x4000, 0xf_ffff)));
    UnitConfig config = UnitConfig.translating(GartFixture.APERTURE, 0x1000);
    GartFixture.store32(holed, 0x1000, 0x0100_0003L);
    GartFixture.store32(holed, 0x4000, 0x0100_1003L);
    RecordedWalk walk = new RecordedWalk();
    config.flat().walk(holed, WalkLimits.DEFAULT, walk);
    assertEquals(
        List.of(mapping(0, 1, 0x0100_0000L), mapping(3072, 1, 0x0100_1000L)), walk.mappings());
    assertEquals(1, walk.count(Kind.UNREADABLE));
    assertEquals(pages(2048, 1).first(), walk.malformations().getFirst().iova());
    assertEquals(15, walk.tablePages().size());
  }

  @Test
  void limitsEndTheWalk() {
    for (int i = 0; i < 4096; i++) {
      entry(i, 0x0100_0007L);
    }
    RecordedWalk walk = new RecordedWalk();
    machine.config.flat().walk(machine.memory, new WalkLimits(1, 2, 10), walk);
    assertEquals(2048, walk.mappings().size());
    assertEquals(10, walk.malformations().size());
    assertEquals(9, walk.count(Kind.RESERVED));
    RecordedWalk pagesOnly = new RecordedWalk();
    machine.config.flat().walk(machine.memory, new WalkLimits(1, 1, 5000), pagesOnly);
    assertEquals(1, pagesOnly.count(Kind.BOUND));
    assertEquals(pages(1024, 1).first(), pagesOnly.malformations().getLast().iova());
  }

  @Test
  void tableIsToldWhetherOrNotTheUnitIsOn() {
    entry(0, 0x0100_0003L);
    UnitConfig off = GartFixture.withControl(machine.config, machine.aperture.controlRegister());
    RecordedWalk walk = new RecordedWalk();
    off.flat().walk(machine.memory, WalkLimits.DEFAULT, walk);
    assertEquals(List.of(mapping(0, 1, 0x0100_0000L)), walk.mappings());
  }

  @Test
  void scratchEntriesAreMappingsAndCanBeToldApart() {
    machine.tablesWithScratch().unmap(machine.memory, pages(100, 16_284));
    entry(98, 0x0100_0003L);
    entry(200, 0x0100_0003L);
    assertEquals(1 + 16_284, machine.walk().mappings().size());
    assertEquals(
        List.of(pages(100, 100), pages(201, 16_183)),
        GartFixture.SCRATCH.iovas(machine.memory, machine.table()));
    assertEquals(
        List.of(mapping(98, 1, 0x0100_0000L), mapping(200, 1, 0x0100_0000L)), withoutScratch());
  }

  private List<Mapping> withoutScratch() {
    RecordedWalk walk = new RecordedWalk();
    machine.table().walk(machine.memory, WalkLimits.DEFAULT, GartFixture.SCRATCH.leftOut(walk));
    assertEquals(16, walk.tablePages().size());
    return walk.mappings();
  }

  @Test
  void runThroughTheScratchPageLosesThatPageAlone() {
    for (int i = 0; i < 5; i++) {
      entry(10 + i, Gpte.encode(SCRATCH + (i - 2) * 0x1000L));
    }
    assertEquals(List.of(mapping(10, 5, SCRATCH - 0x2000)), machine.walk().mappings());
    assertEquals(
        List.of(mapping(10, 2, SCRATCH - 0x2000), mapping(13, 2, SCRATCH + 0x1000)),
        withoutScratch());
    assertEquals(List.of(pages(12, 1)), GartFixture.SCRATCH.iovas(machine.memory, machine.table()));
    entry(10, 0);
    entry(11, 0);
    entry(13, 0);
    assertEquals(List.of(mapping(14, 1, SCRATCH + 0x2000)), withoutScratch());
  }

  @Test
  void malformationsPassTheScratchFilter() {
    entry(0, 0x0100_0007L);
    RecordedWalk walk = new RecordedWalk();
    machine.table().walk(machine.memory, WalkLimits.DEFAULT, GartFixture.SCRATCH.leftOut(walk));
    assertEquals(1, walk.count(Kind.RESERVED));
  }

  @Test
  void scratchPageIsAPageThatEntriesReach() {
    assertThrows(IllegalArgumentException.class, () -> new ScratchPage(0x8));
    assertThrows(IllegalArgumentException.class, () -> new ScratchPage(1L << 40));
  }
}
