// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.CountingMemory;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.Unmappable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TablesTest {
  /** 128 MiB at 16 MiB: what {@code crashkernel=128M@16M} reserves. */
  private static final AddressRange CRASH_RANGE = new AddressRange(0x100_0000L, 0x8ff_ffffL);

  private static final AddressRange PAGE = new AddressRange(0x100_0000L, 0x100_0fffL);

  private static Mapping identity(AddressRange range) {
    return new Mapping(range, range.first(), Permissions.READ_WRITE);
  }

  @Test
  void armedCrashRangeIs32KiEntriesIn256KiBOfTheTable() {
    CalgaryFixture machine = new CalgaryFixture();
    MapResult result = machine.mapIdentity(machine.memory, CRASH_RANGE);
    assertEquals(new MapResult.Mapped(32 << 10, 0, 0), result);
    ByteBuffer bytes = ByteBuffer.allocate(256 << 10);
    long first = machine.table.entryAddress(CRASH_RANGE.first());
    machine.memory.read(first, bytes.array(), 0, bytes.capacity());
    for (long page = CRASH_RANGE.first(); bytes.hasRemaining(); page += 0x1000) {
      assertEquals(page + 3, bytes.getLong());
    }
    assertEquals(0, machine.memory.readLong(first - Tce.BYTES));
    assertEquals(0, machine.memory.readLong(first + bytes.capacity()));
    assertEquals(List.of(identity(CRASH_RANGE)), machine.walk().mappings());
  }

  @Test
  void armedCrashRangeIsReachedUpToBothEdges() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.mapIdentity(machine.memory, CRASH_RANGE);
    for (Access access : Access.values()) {
      for (long iova : new long[] {CRASH_RANGE.first(), 0x234_5678L, CRASH_RANGE.last()}) {
        assertEquals(new Outcome.Reached(iova), machine.translate(iova, access));
      }
      for (long iova : new long[] {CRASH_RANGE.first() - 1, CRASH_RANGE.last() + 1}) {
        assertInstanceOf(Outcome.Blocked.class, machine.translate(iova, access));
      }
    }
  }

  @Test
  void armingAgainChangesNothing() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.mapIdentity(machine.memory, CRASH_RANGE);
    CountingMemory counting = new CountingMemory(machine.memory);
    MapResult again = machine.mapIdentity(counting, CRASH_RANGE);
    assertEquals(new MapResult.Mapped(0, 0, CRASH_RANGE.sizeBytes()), again);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void entriesThatAreAsWantedButForIgnoredBitsAreLeftAlone() {
    CalgaryFixture machine = new CalgaryFixture();
    long tce = PAGE.first() | 3 | Tce.IGN_63_48.of(1) | Tce.HUB_ID.mask();
    machine.entry(PAGE.first(), tce);
    assertEquals(
        new MapResult.Mapped(0, 0, PAGE.sizeBytes()), machine.mapIdentity(machine.memory, PAGE));
    assertEquals(
        tce, Long.reverseBytes(machine.memory.readLong(machine.table.entryAddress(PAGE.first()))));
  }

  @Test
  void leftoversInTheCrashRangeAreConflictsAndNothingIsWritten() {
    CalgaryFixture machine = new CalgaryFixture();
    machine.map(0x200_0000L, 0x3f00_0000L, Permissions.READ_WRITE);
    machine.map(0x200_1000L, 0x3f00_1000L, Permissions.READ_WRITE);
    machine.map(0x300_0000L, 0x300_0000L, Permissions.READ_ONLY);
    machine.entry(0x400_0000L, 0x400_0000L);
    CountingMemory counting = new CountingMemory(machine.memory);
    MapResult.Conflict conflict =
        assertInstanceOf(MapResult.Conflict.class, machine.mapIdentity(counting, CRASH_RANGE));
    assertEquals(
        List.of(
            new Mapping(
                new AddressRange(0x200_0000L, 0x200_1fffL), 0x3f00_0000L, Permissions.READ_WRITE),
            new Mapping(
                new AddressRange(0x300_0000L, 0x300_0fffL), 0x300_0000L, Permissions.READ_ONLY),
            new Mapping(new AddressRange(0x400_0000L, 0x400_0fffL), 0x400_0000L, Permissions.NONE)),
        conflict.conflicts());
    assertEquals(0, counting.writtenCount());
  }

  @ParameterizedTest
  @EnumSource
  void lastPagesOfEverySizeCanBeArmed(TableSize size) {
    CalgaryFixture machine = new CalgaryFixture(size);
    AddressRange range = AddressRange.ofSize(size.ioSpaceBytes() - 0x2000, 0x2000);
    assertEquals(new MapResult.Mapped(2, 0, 0), machine.mapIdentity(machine.memory, range));
    assertEquals(List.of(identity(range)), machine.walk().mappings());
    assertEquals(0, machine.memory.readLong(machine.table.memory().last() + 1));
  }

  @ParameterizedTest
  @EnumSource
  void rangeAcrossTheEndOfTheTableIsRefusedAndNothingIsWritten(TableSize size) {
    CalgaryFixture machine = new CalgaryFixture(size);
    CountingMemory counting = new CountingMemory(machine.memory);
    AddressRange range = AddressRange.ofSize(size.ioSpaceBytes() - 0x1000, 0x2000);
    MapResult.Refused refused =
        assertInstanceOf(MapResult.Refused.class, machine.mapIdentity(counting, range));
    assertEquals(TableFact.BEYOND_TABLES, refused.reason().term());
    assertTrue(
        refused.reason().details().contains(Unmappable.addresses(machine.table.reach())),
        refused::toString);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void refusalNamesTheTableThatWouldReach() {
    CalgaryFixture machine = new CalgaryFixture(TableSize.KIB_64);
    MapResult result = machine.mapIdentity(machine.memory, CRASH_RANGE);
    assertEquals(
        new MapResult.Refused(CRASH_RANGE, beyond(Named.LARGER_TABLE, TableSize.KIB_512)), result);
    AddressRange high = AddressRange.ofSize(0x1_0000_0000L, 0x1000);
    assertEquals(
        new MapResult.Refused(high, beyond(Named.NO_LARGER_TABLE)),
        machine.mapIdentity(machine.memory, high));
  }

  private static Reason beyond(Term... remedies) {
    Reason reason = Reason.of(TableFact.BEYOND_TABLES, new Reason.Addresses(0, 0x1ff_ffff));
    for (Term remedy : remedies) {
      reason = reason.with(new Reason.Because(remedy));
    }
    return reason;
  }

  @ParameterizedTest
  @CsvSource({"0x1f000, 128 KiB", "0x9f000, legacy", "0xff000, legacy"})
  void reservedRegionIsRefused(String first, String what) {
    CalgaryFixture machine = new CalgaryFixture();
    CountingMemory counting = new CountingMemory(machine.memory);
    AddressRange range = AddressRange.ofSize(Hex.parse(first), 0x2000);
    assertInstanceOf(MapResult.Refused.class, machine.mapIdentity(counting, range), what);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void firstPageBehindTheFirstMebibyteCanBeArmed() {
    CalgaryFixture machine = new CalgaryFixture();
    AddressRange range = AddressRange.ofSize(0x10_0000L, 0x1000);
    assertInstanceOf(MapResult.Mapped.class, machine.mapIdentity(machine.memory, range));
  }

  @Test
  void readOnlyMappingIsMadeForADeviceThatOnlyReads() {
    CalgaryFixture machine = new CalgaryFixture();
    Mapping wanted = new Mapping(PAGE, 0x1234_5678_9000L, Permissions.READ_ONLY);
    machine.map(machine.memory, wanted);
    assertEquals(List.of(wanted), machine.walk().mappings());
    Mapping narrower = new Mapping(PAGE, 0x1234_5678_9000L, Permissions.READ_WRITE);
    assertInstanceOf(MapResult.Conflict.class, machine.map(machine.memory, narrower));
  }

  @ParameterizedTest
  @ValueSource(longs = {0xffff_ffff_f000L, 0x1_0000_0000_0000L, -0x1000L})
  void targetThatNoEntryHoldsIsRefused(long physical) {
    CalgaryFixture machine = new CalgaryFixture();
    AddressRange two = AddressRange.ofSize(0x100_0000L, 0x2000);
    CountingMemory counting = new CountingMemory(machine.memory);
    assertInstanceOf(
        MapResult.Refused.class,
        machine.map(counting, new Mapping(two, physical, Permissions.READ_WRITE)));
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void tableThatIsNotAllMemoryIsRefusedAndNothingIsWritten() {
    CalgaryFixture machine = new CalgaryFixture();
    long end = machine.table.entryAddress(0x200_0000L);
    CountingMemory counting = new CountingMemory(SparseMemory.ofSize(end));
    assertInstanceOf(MapResult.Refused.class, machine.mapIdentity(counting, CRASH_RANGE));
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void partPagesAndMappingsWithoutARightAreCallersMistakes() {
    CalgaryFixture machine = new CalgaryFixture();
    AddressRange part = new AddressRange(PAGE.first(), PAGE.last() - 1);
    assertThrows(IllegalArgumentException.class, () -> machine.mapIdentity(machine.memory, part));
    Mapping useless = new Mapping(PAGE, 0, Permissions.NONE);
    assertThrows(IllegalArgumentException.class, () -> machine.map(machine.memory, useless));
  }
}
