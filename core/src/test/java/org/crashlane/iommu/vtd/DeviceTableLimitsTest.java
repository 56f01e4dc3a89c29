// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;

/** Device tables that are wrong on purpose take no more time and room than the limits allow. */
class DeviceTableLimitsTest {
  private static final long ROOT = 0x1000;
  private static final long CONTEXT = 0x2000;
  private static final long DIRECTORIES = 0x10_0000;
  private static final int DIRECTORY_PAGES = 32;

  private final SparseMemory memory = SparseMemory.ofSize(1L << 26);
  private final UnitConfig config =
      UnitConfig.translating(
          new Capabilities(VtdFixture.WIDE.cap(), Ecap.SMTS.of(1) | Ecap.SLTS.of(1)),
          46,
          Rtaddr.TTM.with(ROOT, Rtaddr.TTM_SCALABLE));

  private VtdTables tables() {
    return VtdTables.open(
        memory, VtdFixture.registers(config), new HostFacts(config.hostAddressWidth()));
  }

  /** Each device of half a bus has a directory as large as can be, its entries at random. */
  private void attachDirectories(long firstTable, int tableCount) {
    memory.writeLong(ROOT, ScalableRootEntry.pointingTo(CONTEXT));
    SplittableRandom random = new SplittableRandom(1);
    long[] page = new long[SecondLevelEntry.LARGEST.entryCount(1)];
    long directory = DIRECTORIES;
    for (int devfn = 0; devfn < ScalableContextEntry.COUNT; devfn++) {
      memory.writeLong(
          ScalableContextEntry.address(CONTEXT, devfn),
          directory | ScalableContextEntry.PDTS.of(7) | ScalableContextEntry.P.of(1));
      for (int i = 0; i < DIRECTORY_PAGES; i++) {
        for (int j = 0; j < page.length; j++) {
          long table =
              firstTable + (long) random.nextInt(tableCount) * SecondLevelEntry.LARGEST.pageBytes();
          page[j] = table | PasidDirectoryEntry.P.of(1);
        }
        memory.writeLongs(directory, page, page.length);
        directory += SecondLevelEntry.LARGEST.pageBytes();
      }
    }
  }

  @Test
  void directoriesThatPointOutOfMemoryAreToldUpToTheLimit() {
    attachDirectories(1L << 39, 1 << 26);
    List<Malformation> malformations = tables().devices().malformations();
    assertEquals(WalkLimits.DEVICE_TABLES.malformationCount(), malformations.size());
    assertEquals(Kind.UNREADABLE, malformations.getFirst().kind());
    assertEquals(Kind.BOUND, malformations.getLast().kind());
    assertEquals(ScalableContextEntry.COUNT, tables().devices().attachments().size());
  }

  @Test
  void pagesAreReadUpToTheLimitAndAttachmentsAreWholeAllTheSame() {
    attachDirectories(0, 1 << 14);
    WalkLimits limits = new WalkLimits(1, 100, 1000);
    DeviceTables found = ScalableDeviceTables.read(memory, config, limits);
    assertEquals(100, found.pages().size());
    assertEquals(List.of(Kind.BOUND), found.malformations().stream().map(m -> m.kind()).toList());
    assertEquals(ScalableContextEntry.COUNT, found.attachments().size());
    assertTrue(found.attachments().stream().allMatch(a -> a instanceof Attachment.Blocked));
  }

  @Test
  void contextTableBeyondTheLimitIsUnknownAndNotAbsent() {
    attachDirectories(0, 1);
    DeviceTables found = ScalableDeviceTables.read(memory, config, new WalkLimits(1, 1, 10));
    assertEquals(
        List.of(AddressRange.ofSize(ROOT, SecondLevelEntry.LARGEST.pageBytes())), found.pages());
    assertEquals(ScalableContextEntry.COUNT, found.attachments().size());
    found.attachments().forEach(a -> assertInstanceOf(Attachment.Unsupported.class, a));
  }

  @Test
  void pagesThatManyEntriesPointToAreListedOnce() {
    attachDirectories(ROOT, 3);
    List<AddressRange> pages = tables().devices().pages();
    assertEquals(new HashSet<>(pages).size(), pages.size());
  }

  @Test
  void contextTableOfAllBusesIsListedOnce() {
    VtdFixture machine = new VtdFixture();
    for (int bus = 0; bus < RootEntry.COUNT; bus++) {
      machine.memory.writeLong(
          RootEntry.address(VtdFixture.ROOT, bus), RootEntry.low(VtdFixture.CONTEXT));
    }
    VtdTables tables =
        VtdTables.open(machine.memory, VtdFixture.registers(machine.config), new HostFacts(46));
    assertEquals(RootEntry.COUNT, tables.devices().attachments().size());
    assertEquals(2, tables.devices().pages().size());
  }
}
