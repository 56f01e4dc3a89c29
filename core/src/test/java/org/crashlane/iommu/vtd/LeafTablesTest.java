// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two neighbouring tables of leaves, against entries judged one by one and joined in a list. */
class LeafTablesTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long[] L1 = {0x105000, 0x106000};
  private static final int ROUND_COUNT = 150;
  private static final int RUN_MAX = 40;

  private final List<Mapping> mappings = new ArrayList<>();
  private final List<Long> spoiled = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 20261122, 64})
  void tablesTellWhatTheirEntriesMapOneByOne(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < ROUND_COUNT; round++) {
      mappings.clear();
      spoiled.clear();
      VtdFixture machine = new VtdFixture();
      machine.chain(L3, L2);
      for (int t = 0; t < L1.length; t++) {
        Permissions above = random.nextInt(3) == 0 ? Permissions.READ_ONLY : Permissions.READ_WRITE;
        machine.entry(L2, t, SecondLevelEntry.leaf(L1[t], 1, above));
        fill(machine, t, above, random);
      }
      RecordedWalk walk = machine.walk();
      String where = "seed " + seed + ", round " + round;
      assertEquals(mappings, walk.mappings(), where);
      assertEquals(
          spoiled, walk.malformations().stream().map(Malformation::entryAddress).toList(), where);
    }
  }

  private void fill(VtdFixture machine, int t, Permissions above, SplittableRandom random) {
    int longest = random.nextInt(4) == 0 ? 2 * SecondLevelEntry.LARGEST.entryCount(1) : RUN_MAX;
    long entry = anEntry(random);
    int left = 1 + random.nextInt(longest);
    for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
      if (left == 0) {
        entry = random.nextInt(2) == 0 ? anEntry(random) : entry ^ aBit(random);
        left = 1 + random.nextInt(longest);
      }
      machine.entry(L1[t], i, entry);
      expect(t, i, entry, above);
      entry += SecondLevelEntry.LARGEST.pageBytes();
      left--;
    }
  }

  /** Low addresses and those just below the host's end, so that runs meet it; absent ones too. */
  private static long anEntry(SplittableRandom random) {
    long page = random.nextInt(8);
    long address =
        (random.nextBoolean() ? page : (1L << 34) - 1 - page)
            * SecondLevelEntry.LARGEST.pageBytes();
    return address | random.nextInt(4);
  }

  private static long aBit(SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> SecondLevelEntry.R.mask();
      case 1 -> SecondLevelEntry.W.mask();
      case 2 -> SecondLevelEntry.D.mask();
      case 3 -> SecondLevelEntry.IGN_63.mask();
      case 4 -> SecondLevelEntry.SNP.mask();
      default -> SecondLevelEntry.ADDR.mask() & -SecondLevelEntry.ADDR.mask();
    };
  }

  private void expect(int t, int index, long entry, Permissions above) {
    boolean read = SecondLevelEntry.R.isSet(entry);
    boolean write = SecondLevelEntry.W.isSet(entry) && above == Permissions.READ_WRITE;
    long physical = SecondLevelEntry.ADDR.inPlace(entry);
    if (!read && !write) {
      return;
    }
    if (SecondLevelEntry.SNP.isSet(entry) || physical >= 1L << 46) {
      spoiled.add(Geometry.entryAddress(L1[t], index));
      return;
    }
    long iova =
        SecondLevelEntry.LARGEST.entrySpanBytes(2) * t
            + (long) index * SecondLevelEntry.LARGEST.pageBytes();
    join(iova, physical, Permissions.of(read, write));
  }

  private void join(long iova, long physical, Permissions permissions) {
    long first = iova;
    long target = physical;
    if (!mappings.isEmpty()) {
      Mapping before = mappings.getLast();
      if (before.iova().last() + 1 == iova
          && before.physical().last() + 1 == physical
          && before.permissions() == permissions) {
        mappings.removeLast();
        first = before.iova().first();
        target = before.physicalFirst();
      }
    }
    AddressRange pages = new AddressRange(first, iova + SecondLevelEntry.LARGEST.pageBytes() - 1);
    mappings.add(new Mapping(pages, target, permissions));
  }
}
