// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.HostBridge;
import org.crashlane.iommu.calgary.ReservedRegions;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceCache;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.iommu.calgary.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The bytes of Calgary's tables and the unit that reads them against QEMU's POWER9 host bridge,
 * live. {@code -Dcrashlane.oracle.seed=N} tries other entries.
 */
@Tag("qemu")
class TceOracleTest {
  private static final long SEED = Long.getLong("crashlane.oracle.seed", 20080922);
  private static final int ENTRIES_FOR_EACH_SIZE = 24;
  private static final int ENOUGH_CHECKS = 400;
  private static final long MEBIBYTE = 1 << 20;
  private static final long LAST_WORD = Tce.PAGE_BYTES - Long.BYTES;
  private static final RequesterId ANY = RequesterId.of(1, 0, 0);

  private static TceMachine machine;
  private static int checkCount;

  @BeforeAll
  static void startMachine() throws IOException {
    Qemu.assumeInstalled("qemu-system-ppc64");
    machine = TceMachine.start();
  }

  @AfterAll
  static void stopMachine() throws IOException {
    if (machine != null) {
      System.out.printf("TCEs, seed %d: %d checks, none differs%n", SEED, checkCount);
      machine.close();
      assertTrue(checkCount >= ENOUGH_CHECKS, "checks: " + checkCount);
    }
  }

  /** {@return what the unit says, after QEMU was seen to do the same} */
  private static Outcome check(TceTable table, long iova, Access access) throws IOException {
    UnitConfig config = UnitConfig.translating(Chip.CALGARY, table);
    Outcome said =
        new HostBridge(config, TceCache.none())
            .translate(machine.memory(), new Request(ANY, iova, access));
    long tce = Tce.fromMemory(machine.memory().readLong(table.entryAddress(iova)));
    List<Long> candidates =
        LongStream.of(Tce.target(tce) + iova % Tce.PAGE_BYTES, iova)
            .filter(TceMachine.usable()::contains)
            .distinct()
            .boxed()
            .toList();
    OptionalLong expected =
        said instanceof Outcome.Reached(long physical)
            ? OptionalLong.of(physical)
            : OptionalLong.empty();
    if (expected.isPresent() && !candidates.contains(expected.getAsLong())) {
      // Where there is no memory QEMU cannot be seen to go.
      return said;
    }
    OptionalLong seen = machine.landing(table, access, iova, candidates);
    checkCount++;
    assertEquals(
        expected,
        seen,
        () ->
            "seed %d, table %s, %s at %s by TCE %s"
                .formatted(SEED, table, access, Hex.of(iova), Hex.of(tce)));
    return said;
  }

  /** The last quarter of what the table reaches of memory: for small tables up to its very end. */
  private static AddressRange crashRange(TableSize size) {
    long end = Math.min(size.ioSpaceBytes(), TceMachine.usable().last() + 1);
    return new AddressRange(end / 4 * 3, end - 1);
  }

  private static TceTable armed(TableSize size) {
    TceTable table = machine.freshTable(size);
    MapResult result =
        table.map(
            machine.memory(), Mapping.identity(crashRange(size)), ReservedRegions.of(Chip.CALGARY));
    assertInstanceOf(MapResult.Mapped.class, result);
    return table;
  }

  @Test
  void unitDoesAsTheHostBridgeForEverySize() throws IOException {
    int before = checkCount;
    SplittableRandom random = new SplittableRandom(SEED);
    for (TableSize size : TableSize.values()) {
      TceTable table = machine.freshTable(size);
      int reached = 0;
      for (int i = 0; i < ENTRIES_FOR_EACH_SIZE; i++) {
        long iova = MEBIBYTE + random.nextLong(size.ioSpaceBytes() - MEBIBYTE);
        iova -= iova % Long.BYTES;
        long target = random.nextLong(TceMachine.usable().last());
        target = Math.max(Tce.target(target), TceMachine.usable().first());
        long unused = random.nextBoolean() ? Tce.PAGE_BYTES - 1 - random.nextLong(4) : 0;
        long tce = target | (unused & ~3L) | (i & 3);
        machine.memory().writeLong(table.entryAddress(iova), Tce.toMemory(tce));
        for (Access access : Access.values()) {
          reached += check(table, iova, access) instanceof Outcome.Reached ? 1 : 0;
        }
      }
      assertEquals(ENTRIES_FOR_EACH_SIZE, reached, "as many reached as blocked");
    }
    assertEquals(8 * ENTRIES_FOR_EACH_SIZE * 2, checkCount - before);
  }

  @Test
  void armedCrashRangeIsReachedUpToBothEdgesForEverySize() throws IOException {
    for (TableSize size : TableSize.values()) {
      TceTable table = armed(size);
      AddressRange range = crashRange(size);
      long middle = range.first() + range.sizeBytes() / 2;
      for (Access access : Access.values()) {
        for (long page : new long[] {range.first(), middle, range.last() + 1 - Tce.PAGE_BYTES}) {
          for (long iova : new long[] {page, page + LAST_WORD}) {
            assertEquals(new Outcome.Reached(iova), check(table, iova, access));
          }
        }
        long behind = range.last() + 1;
        for (long iova : new long[] {range.first() - Long.BYTES, behind}) {
          // Behind the end of a table QEMU begins again with its first entry.
          if (iova < size.ioSpaceBytes()) {
            assertInstanceOf(Outcome.Blocked.class, check(table, iova, access));
          }
        }
      }
    }
  }

  @Test
  void lastEntryOfEverySizeIsTheOneForTheLastPage() throws IOException {
    long target = 64 * MEBIBYTE;
    for (TableSize size : TableSize.values()) {
      TceTable table = machine.freshTable(size);
      long last = size.ioSpaceBytes() - Tce.PAGE_BYTES;
      long address = table.memory().last() + 1 - Tce.BYTES;
      machine.memory().writeLong(address, Tce.toMemory(target | 3));
      for (Access access : Access.values()) {
        assertEquals(
            new Outcome.Reached(target + LAST_WORD), check(table, last + LAST_WORD, access));
      }
    }
  }

  @Test
  void everyMutationOfAnEntryIsRejected() throws IOException {
    Set<TceMutation> passed = EnumSet.noneOf(TceMutation.class);
    for (TableSize size : TableSize.values()) {
      TceTable table = armed(size);
      long first = crashRange(size).first();
      long page = first + 5 * Tce.PAGE_BYTES;
      for (TceMutation mutation : TceMutation.values()) {
        mutation.spoil(machine.memory(), table, page);
        boolean whole = true;
        for (Access access : Access.values()) {
          whole &= check(table, page, access).equals(new Outcome.Reached(page));
        }
        if (whole) {
          passed.add(mutation);
        }
        for (long at = page - Tce.PAGE_BYTES; at <= page + Tce.PAGE_BYTES; at += Tce.PAGE_BYTES) {
          machine.memory().writeLong(table.entryAddress(at), Tce.toMemory(at | 3));
        }
        assertEquals(new Outcome.Reached(page), check(table, page, Access.WRITE));
      }
    }
    assertEquals(Set.of(), passed);
  }

  @Test
  void hostBridgeThatIsNotAskedRightIsNoticed() throws IOException {
    TceTable table = armed(TableSize.MIB_8);
    long page = crashRange(TableSize.MIB_8).first();
    List<Long> wrong = List.of(page + Tce.PAGE_BYTES);
    assertFalse(machine.landing(table, Access.WRITE, page, wrong).isPresent());
    assertFalse(machine.landing(table, Access.READ, page, wrong).isPresent());
  }
}
