// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.TablesProperties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties on host page tables, with skipped levels and pages of all sizes among them. */
class TablesPropertyTest extends TablesProperties {

  @Override
  protected PagedMachine machine(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> new AmdviFixture(AmdviFixture.QEMU, 3);
      case 1 -> new AmdviFixture(AmdviFixture.QEMU, 5);
      case 2 -> new AmdviFixture(encrypted(), 4);
      default -> new AmdviFixture(AmdviFixture.FOUR_LEVELS, 4);
    };
  }

  /** A unit of a host whose memory is encrypted where bit 47 says so. */
  private static UnitConfig encrypted() {
    return new UnitConfig(
        AmdviFixture.QEMU,
        46,
        true,
        1L << 47,
        true,
        DeviceTableBase.whole(AmdviFixture.DEVICE_TABLE),
        false,
        ExclusionRange.NONE);
  }

  @Override
  protected long garbage(SplittableRandom random) {
    long page = random.nextLong() & 0x3fff_ffff_f000L;
    return switch (random.nextInt(12)) {
      case 0 -> random.nextLong();
      case 1 ->
          PageTableEntry.leaf(page, Permissions.of(random.nextBoolean(), random.nextBoolean()));
      case 2 ->
          PageTableEntry.sizedLeaf(page, 1L << random.nextInt(13, 44), Permissions.READ_WRITE);
      case 3 -> PageTableEntry.leaf(page, Permissions.READ_WRITE) | 1L << random.nextInt(64);
      default ->
          PageTableEntry.table(
              FIRST_TABLE + random.nextInt(TABLE_COUNT) * 0x1000L, 1 + random.nextInt(4));
    };
  }

  /** Trees as drivers make them: levels skipped, and large pages with all their entries. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {51, 52, 53, 54, 55, 56})
  void pagesOfEverySizeAreWalkedAsTheUnitGoes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    AmdviFixture machine = new AmdviFixture(AmdviFixture.QEMU, 6);
    machine.entry(AmdviFixture.TOP, 0, PageTableEntry.table(0x103000, 3));
    machine.entry(0x103000, 0, PageTableEntry.table(0x104000, 2));
    machine.entry(0x103000, 1, PageTableEntry.table(0x105000, 1));
    for (long table : new long[] {0x103000, 0x104000, 0x105000}) {
      int level = table == 0x103000 ? 3 : table == 0x104000 ? 2 : 1;
      int from = level == 3 ? 2 : 0;
      for (int i = from; i < 512; ) {
        int count = 1 << random.nextInt(1, 5);
        int first = (i + count - 1) & -count;
        long size = (long) count << (12 + 9 * (level - 1));
        long page = (random.nextLong() & 0xfff_ffff_f000L) & -size;
        for (int part = first; part < Math.min(512, first + count); part++) {
          machine.entry(table, part, PageTableEntry.sizedLeaf(page, size, Permissions.READ_WRITE));
        }
        i = first + count + random.nextInt(2);
      }
    }
    RecordedWalk walk = machine.walk();
    assertEquals(List.of(), walk.malformations());
    assertTrue(walk.mappings().size() > 60, "mappings: " + walk.mappings().size());
    for (int i = 0; i < 3000; i++) {
      long iova = random.nextLong(1L << random.nextInt(12, 40));
      Outcome outcome = machine.translate(iova, Access.WRITE);
      boolean window = iova >= 0xfee0_0000L && iova <= 0xfeef_ffffL;
      if (!window && !UnitConfig.HYPER_TRANSPORT.range().contains(iova)) {
        assertEquals(
            walk.at(iova).map(m -> m.physicalFirst() + iova - m.iova().first()).isPresent(),
            outcome instanceof Outcome.Reached,
            "seed " + seed);
        walk.at(iova)
            .ifPresent(m ->
                assertEquals(
                    new Outcome.Reached(m.physicalFirst() + iova - m.iova().first()), outcome));
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {41, 42, 43, 44})
  void deviceTableOfGarbageIsReadToTheEnd(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    AmdviFixture machine = new AmdviFixture();
    for (int id = 0; id < 4096; id++) {
      long at = AmdviFixture.DEVICE_TABLE + (long) id * DeviceTableEntry.BYTES;
      for (int word = 0; word < DeviceTableEntry.WORDS; word++) {
        machine.memory.writeLong(at + (long) word * Long.BYTES, random.nextLong());
      }
    }
    AmdviTables tables =
        AmdviTables.open(machine.memory, AmdviFixture.registers(machine.config), new HostFacts(46));
    List<Attachment> attachments = tables.devices().attachments();
    assertTrue(attachments.size() > 1800, "attachments: " + attachments.size());
    assertTrue(tables.devices().malformations().size() > 1000, "malformations");
    assertEquals(512, tables.devices().pages().size());
    for (Attachment attachment : attachments) {
      assertEquals(attachment, tables.defaultAttachment(attachment.requester()));
    }
  }
}
