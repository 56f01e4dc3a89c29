// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.AllocatedBytes;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WalkerTest {
  private static final long TARGET = 0x1_5fe0_3000L;

  private static Mapping mapping(long first, long last, long physical, Permissions permissions) {
    return new Mapping(new AddressRange(first, last), physical, permissions);
  }

  @ParameterizedTest
  @EnumSource
  void emptyTableIsReadInFullAndMapsNothing(TableSize size) {
    RecordedWalk walk = new CalgaryFixture(size).walk();
    assertEquals(List.of(), walk.mappings());
    assertEquals(List.of(), walk.malformations());
    assertEquals(size.bytes() / Tce.PAGE_BYTES, walk.tablePages().size());
    assertEquals(CalgaryFixture.TABLE_ADDRESS, walk.tablePages().getFirst());
  }

  @Test
  void pagesThatRunOnAreOneMapping() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(0x1f_e000L, TARGET, Permissions.READ_WRITE);
    machine.map(0x1f_f000L, TARGET + 0x1000, Permissions.READ_WRITE);
    // The first entry of the next page of the table.
    machine.map(0x20_0000L, TARGET + 0x2000, Permissions.READ_WRITE);
    machine.map(0x20_1000L, TARGET + 0x3000, Permissions.READ_ONLY);
    machine.map(0x20_2000L, TARGET + 0x3000, Permissions.READ_ONLY);
    machine.map(0x20_4000L, TARGET + 0x4000, Permissions.READ_ONLY);
    assertEquals(
        List.of(
            mapping(0x1f_e000L, 0x20_0fffL, TARGET, Permissions.READ_WRITE),
            mapping(0x20_1000L, 0x20_1fffL, TARGET + 0x3000, Permissions.READ_ONLY),
            mapping(0x20_2000L, 0x20_2fffL, TARGET + 0x3000, Permissions.READ_ONLY),
            mapping(0x20_4000L, 0x20_4fffL, TARGET + 0x4000, Permissions.READ_ONLY)),
        machine.walk().mappings());
  }

  @ParameterizedTest
  @EnumSource
  void firstAndLastEntryAreWalked(TableSize size) {
    CalgaryFixture machine = new CalgaryFixture(size);
    long last = size.ioSpaceBytes() - 1;
    machine.map(0, 0, Permissions.READ_WRITE);
    machine.map(last + 1 - Tce.PAGE_BYTES, TARGET, Permissions.WRITE_ONLY);
    machine.map(last + 1, TARGET + Tce.PAGE_BYTES, Permissions.WRITE_ONLY);
    assertEquals(
        List.of(
            mapping(0, 0xfff, 0, Permissions.READ_WRITE),
            mapping(last + 1 - Tce.PAGE_BYTES, last, TARGET, Permissions.WRITE_ONLY)),
        machine.walk().mappings());
  }

  @Test
  void usedEntryWithoutARightIsMalformed() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.entry(0x12_3000L, 0x7f00_0000L);
    assertEquals(
        List.of(
            new Malformation(
                CalgaryFixture.TABLE_ADDRESS + 0x123 * Tce.BYTES,
                0x7f00_0000L,
                0x12_3000L,
                0x12_3fffL,
                Kind.RESERVED,
                Reason.of(Named.NO_RIGHT))),
        machine.walk().malformations());
    assertEquals(List.of(), machine.walk().mappings());
  }

  @Test
  void unreadablePageOfTheTableIsToldAndTheRestWalked() {
    TceTable table = new TceTable(0x1_0000L, TableSize.KIB_64);
    SparseMemory memory =
        new SparseMemory(
            "dump",
            List.of(new AddressRange(0, 0x1_0fffL), new AddressRange(0x1_2000L, 0x1_ffffL)));
    long all = Tce.toMemory(Tce.of(0, Permissions.READ_WRITE));
    memory.writeLong(0x1_0000L, all);
    memory.writeLong(0x1_2000L, all);
    RecordedWalk walk = new RecordedWalk();
    table.flat().walk(memory, WalkLimits.DEFAULT, walk);
    assertEquals(1, walk.count(Kind.UNREADABLE));
    assertEquals(0x20_0000L, walk.malformations().getFirst().iova());
    assertEquals(
        List.of(
            mapping(0, 0xfff, 0, Permissions.READ_WRITE),
            mapping(0x40_0000L, 0x40_0fffL, 0, Permissions.READ_WRITE)),
        walk.mappings());
    assertEquals(15, walk.tablePages().size());
  }

  @Test
  void malformationsAreToldUpToTheLimit() {
    CalgaryFixture machine = new CalgaryFixture(TableSize.KIB_64);
    for (long iova = 0; iova < machine.table.reach().last(); iova += Tce.PAGE_BYTES) {
      machine.entry(iova, 0x1000);
    }
    RecordedWalk walk = new RecordedWalk();
    machine.table.flat().walk(machine.memory, new WalkLimits(1, 1, 3), walk);
    assertEquals(2, walk.count(Kind.RESERVED));
    assertEquals(1, walk.count(Kind.BOUND));
    assertEquals(3, walk.malformations().size());
  }

  @Test
  void walkAllocatesNothingForAnEntry() {
    CalgaryFixture small = new CalgaryFixture(TableSize.KIB_64);
    CalgaryFixture large = new CalgaryFixture(TableSize.MIB_8);
    fillBackwards(small);
    fillBackwards(large);
    long smallBytes = AllocatedBytes.by(() -> walkFull(small));
    long largeBytes = AllocatedBytes.by(() -> walkFull(large));
    assertTrue(
        largeBytes <= smallBytes + Tce.PAGE_BYTES,
        "bytes for 8,192 entries " + smallBytes + ", for 1,048,576 " + largeBytes);
  }

  /** Every entry is a mapping of its own. */
  private static void fillBackwards(CalgaryFixture machine) {
    long end = machine.table.size().ioSpaceBytes();
    for (long iova = 0; iova < end; iova += Tce.PAGE_BYTES) {
      machine.map(iova, end - iova, Permissions.READ_WRITE);
    }
  }

  private static void walkFull(CalgaryFixture machine) {
    machine.table.flat().walk(machine.memory, WalkLimits.DEFAULT, new Deaf());
  }

  private record Deaf() implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {}

    @Override
    public void malformed(Malformation malformation) {}
  }
}
