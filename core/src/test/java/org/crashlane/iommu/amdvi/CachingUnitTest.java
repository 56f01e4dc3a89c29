// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.iommu.paging.CachingContract;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** What a unit remembers, and which commands make it forget. */
class CachingUnitTest extends CachingContract<AmdviFixture, Caches> {
  private static final Capabilities CACHES_ABSENT =
      new Capabilities(AmdviFixture.QEMU.extFeatures(), Registers.CapabilityHeader.NP_CACHE.of(1));
  private static final List<RequesterId> REQUESTERS =
      List.of(AmdviFixture.DEVICE, RequesterId.of(0, 0x30), RequesterId.of(0, 0x31));

  CachingUnitTest() {
    super(new Caches(), Caches::fork, new AmdviFixture());
  }

  @Override
  protected void start(boolean cachesAbsent) {
    machine = new AmdviFixture(cachesAbsent ? CACHES_ABSENT : AmdviFixture.QEMU, 4);
    machine.chain(L3, L2, L1);
    leaf(1, 0x7000);
  }

  private void start() {
    start(false);
  }

  @Override
  protected List<RequesterId> requesters() {
    return REQUESTERS;
  }

  @Override
  protected long leafEntry(long physical, Permissions permissions) {
    return PageTableEntry.leaf(physical, permissions);
  }

  @Override
  protected Outcome caching(Request request) {
    return new Unit(machine.config).translate(machine.memory, caches, request, WalkSink.NONE);
  }

  @Override
  protected void drop(long iova, Random random) {
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.covering(iova, iova + random.nextInt(0x4000))));
  }

  @Override
  protected void changeDevice(RequesterId requester, Random random) {
    long word0 = DeviceTableEntry.translated(AmdviFixture.TOP, 4);
    long withheld = random.nextInt(1 << 2);
    machine.attach(
        requester,
        switch (random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> DeviceTableEntry.passThrough();
          case 2 -> word0 & ~(withheld << DeviceTableEntry.IR.low());
          default -> word0;
        });
    caches.obey(new Command.InvalidateDeviceEntry(requester));
  }

  private static Command drop(int domainId, Pages pages) {
    return new Command.InvalidatePages(domainId, pages, false, Optional.empty());
  }

  @Test
  void leafServesOnUntilACommandNamesIt() {
    start();
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.READ));
    leaf(1, 0x9000);
    caches.obey(drop(AmdviFixture.DOMAIN + 1, Pages.ALL));
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.one(0x2000)));
    caches.obey(new Command.InvalidateDeviceEntry(AmdviFixture.DEVICE));
    caches.obey(new Command.InvalidatePages(AmdviFixture.DOMAIN, Pages.ALL, true, Optional.of(0)));
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.WRITE));
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.one(0x1000)));
    assertEquals(new Outcome.Reached(0x9010), translate(0x1010, Access.WRITE));
  }

  @Test
  void absenceInTheTopTableOfSixLevelsIsDroppedByAnyOfItsPages() {
    machine = new AmdviFixture(CACHES_ABSENT, 6);
    Outcome absent = translate(0x1000, Access.READ);
    machine.chain(0x107000, 0x106000, L3, L2, L1);
    leaf(1, 0x7000);
    assertEquals(absent, translate(0x1000, Access.READ));
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.one(0x5000)));
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.READ));
  }

  @Test
  void deviceEntryServesOnUntilItIsDropped() {
    start();
    translate(0x1000, Access.READ);
    machine.attach(AmdviFixture.DEVICE, DeviceTableEntry.blocked());
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.READ));
    caches.obey(new Command.InvalidateDeviceEntry(RequesterId.parse("00:04.1")));
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.READ));
    caches.obey(new Command.InvalidateDeviceEntry(AmdviFixture.DEVICE));
    assertEquals(machine.translate(0x1000, Access.READ), translate(0x1000, Access.READ));
  }

  @Test
  void entryThatIsNotValidIsRememberedToo() {
    machine.attach(AmdviFixture.DEVICE, 0);
    assertEquals(new Outcome.Reached(0x1000), translate(0x1000, Access.READ));
    machine.attach(AmdviFixture.DEVICE, DeviceTableEntry.blocked());
    assertEquals(new Outcome.Reached(0x1000), translate(0x1000, Access.READ));
    caches.obey(new Command.InvalidateAll());
    assertEquals(0, caches.deviceEntryCount());
    assertEquals(machine.translate(0x1000, Access.READ), translate(0x1000, Access.READ));
  }

  @Test
  void partOfASizedPageIsRememberedForItself() {
    start();
    for (int i = 16; i < 32; i++) {
      machine.entry(L1, i, PageTableEntry.sizedLeaf(0x100_0000, 0x1_0000, Permissions.READ_WRITE));
    }
    assertEquals(new Outcome.Reached(0x100_3458), translate(0x1_3458, Access.READ));
    assertEquals(new Outcome.Reached(0x100_3ff8), translate(0x1_3ff8, Access.WRITE));
    assertEquals(1, caches.translationCount());
    assertEquals(new Outcome.Reached(0x100_4000), translate(0x1_4000, Access.READ));
    assertEquals(2, caches.translationCount());
  }

  /** Six levels translate more bits than a remembered translation is known by. */
  @Test
  void highestAddressesOfSixLevelsAreTranslatedAndNotConfused() {
    machine = new AmdviFixture(AmdviFixture.QEMU, 6);
    machine.chain(0x107000, 0x108000, L3, L2, L1);
    leaf(1, 0x7000);
    for (int index = 1; index < 128; index++) {
      machine.entry(AmdviFixture.TOP, index, PageTableEntry.leaf(0, Permissions.READ_WRITE));
    }
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.READ));
    for (long iova : new long[] {1L << 57 | 0x1010, 1L << 63 | 0x1010, -8}) {
      assertEquals(machine.translate(iova, Access.READ), translate(iova, Access.READ));
      caches.obey(drop(AmdviFixture.DOMAIN, Pages.one(iova & -0x1000)));
    }
    assertEquals(1, caches.translationCount());
  }
}
