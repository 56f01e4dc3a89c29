// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import org.crashlane.iommu.AllocatedBytes;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.TablesProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties on second-level tables; device tables of garbage, and what a walk allocates. */
class TablesPropertyTest extends TablesProperties {
  @Override
  protected PagedMachine machine(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> new VtdFixture(VtdFixture.NARROW, 3);
      case 1 -> new VtdFixture(VtdFixture.SMALL_LEAVES, 4);
      case 2 -> new VtdFixture(VtdFixture.WIDEST, 5);
      default -> new VtdFixture();
    };
  }

  @Override
  protected long garbage(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextLong() & 0x3fff_ffff_f083L;
      case 2 -> (random.nextLong() & 0x3f_ffe0_0000L) | 0x83;
      default -> (FIRST_TABLE + random.nextInt(TABLE_COUNT) * 0x1000L) | (1 + random.nextInt(3));
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {41, 42, 43, 44})
  void deviceTablesOfGarbageAreReadToTheEnd(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    VtdFixture machine = new VtdFixture();
    for (long at = VtdFixture.ROOT; at < FIRST_TABLE; at += Long.BYTES) {
      machine.memory.writeLong(at, garbage(random));
    }
    for (int mode = 0; mode < 4; mode++) {
      long rootTable = Registers.Rtaddr.TTM.with(VtdFixture.ROOT, mode);
      UnitConfig config = UnitConfig.translating(VtdFixture.WIDE, 46, rootTable);
      VtdTables tables =
          VtdTables.open(machine.memory, VtdFixture.registers(config), new HostFacts(46));
      int found = tables.devices().attachments().size() + tables.devices().malformations().size();
      assertTrue(found > 0 || mode > 1, "mode " + mode);
    }
  }

  @Test
  void walkAllocatesNothingForEntries() {
    VtdFixture machine = new VtdFixture();
    machine.chain(0x103000, 0x104000);
    int tableCount = 64;
    for (int t = 0; t < tableCount; t++) {
      long table = 0x20_0000L + t * 0x1000L;
      machine.entry(0x104000, t, SecondLevelEntry.table(table));
      for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
        long target = 0x8000_0000L + (i * 7919L % 4096) * 0x1000L;
        machine.entry(table, i, SecondLevelEntry.leaf(target, 1, Permissions.READ_WRITE));
      }
    }
    LongAdder told = new LongAdder();
    WalkVisitor counting =
        new WalkVisitor() {
          @Override
          public void mapping(long first, long last, long physical, Permissions permissions) {
            told.increment();
          }

          @Override
          public void malformed(Malformation malformation) {
            throw new AssertionError(malformation);
          }
        };
    long bytes = AllocatedBytes.by(() -> machine.walk(WalkLimits.DEFAULT, counting));
    int entryCount = tableCount * SecondLevelEntry.LARGEST.entryCount(1);
    assertTrue(told.sum() >= entryCount, "told: " + told.sum());
    // Four pages of buffers and a hash table of 67 pages; an object for each entry would be 16 B.
    assertTrue(bytes < 2L * entryCount, bytes + " bytes for " + entryCount + " entries");
  }
}
