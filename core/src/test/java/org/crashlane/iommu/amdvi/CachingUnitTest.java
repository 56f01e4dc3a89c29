// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.iommu.paging.CachingProperty;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a unit remembers, and which commands make it forget. */
class CachingUnitTest {
  private static final long L3 = 0x103000;
  private static final long L2 = 0x104000;
  private static final long L1 = 0x105000;
  private static final Capabilities CACHES_ABSENT =
      new Capabilities(AmdviFixture.QEMU.extFeatures(), Registers.CapabilityHeader.NP_CACHE.of(1));

  private final Caches caches = new Caches();
  private AmdviFixture machine = new AmdviFixture();

  private Outcome translate(long iova, Access access) {
    return new CachingUnit(machine.config)
        .translate(machine.memory, caches, new Request(AmdviFixture.DEVICE, iova, access));
  }

  private void leaf(int index, long physical) {
    machine.entry(L1, index, PageTableEntry.leaf(physical, Permissions.READ_WRITE));
  }

  private void start() {
    machine.chain(L3, L2, L1);
    leaf(1, 0x7000);
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

  @Test
  void rightThatTheRememberedLeafLacksIsNotLookedForInTheTables() {
    start();
    machine.entry(L1, 1, PageTableEntry.leaf(0x7000, Permissions.READ_ONLY));
    translate(0x1000, Access.READ);
    leaf(1, 0x7000);
    Outcome.Blocked blocked = (Outcome.Blocked) translate(0x1000, Access.WRITE);
    assertEquals(FaultReason.PERMISSION.number(Access.WRITE), blocked.fault().reason());
  }

  @Test
  void absenceIsRememberedOnlyWhereTheUnitSaysSo() {
    start();
    Outcome absent = translate(0x2000, Access.READ);
    assertEquals(0, caches.translationCount());
    machine = new AmdviFixture(CACHES_ABSENT, 4);
    start();
    assertEquals(absent, translate(0x2000, Access.READ));
    leaf(2, 0xa000);
    assertEquals(absent, translate(0x2000, Access.READ));
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.one(0x2000)));
    assertEquals(new Outcome.Reached(0xa000), translate(0x2000, Access.READ));
  }

  @Test
  void copiesAreEqualAndChangeByThemselves() {
    start();
    translate(0x1000, Access.READ);
    Caches copy = caches.fork();
    assertEquals(caches, copy);
    copy.obey(new Command.InvalidateAll());
    assertNotEquals(caches, copy);
    assertEquals(1, caches.translationCount());
  }

  /** One change of the tables and the command that it takes. */
  @ParameterizedTest(name = "seed {0}, caches absence: {1}")
  @CsvSource({"1, false", "2, true", "3, false", "4, true"})
  void remembersNothingWrongWhereEveryChangeIsFollowedByItsCommand(
      long seed, boolean cachesAbsent) {
    machine = new AmdviFixture(cachesAbsent ? CACHES_ABSENT : AmdviFixture.QEMU, 4);
    start();
    List<RequesterId> requesters =
        List.of(AmdviFixture.DEVICE, RequesterId.of(0, 0x30), RequesterId.of(0, 0x31));
    CachingProperty.check(
        seed,
        requesters,
        request -> machine.unit().translate(request),
        request -> new CachingUnit(machine.config).translate(machine.memory, caches, request),
        random -> change(random, requesters));
  }

  private void change(Random random, List<RequesterId> requesters) {
    if (random.nextInt(5) == 0) {
      RequesterId requester = requesters.get(random.nextInt(requesters.size()));
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
      return;
    }
    int index = random.nextInt(512);
    Permissions permissions = Permissions.of(random.nextBoolean(), random.nextBoolean());
    long page = (long) random.nextInt(1 << 20) << 12;
    machine.entry(L1, index, random.nextInt(4) == 0 ? 0 : PageTableEntry.leaf(page, permissions));
    long iova = (long) index << 12;
    caches.obey(drop(AmdviFixture.DOMAIN, Pages.covering(iova, iova + random.nextInt(0x4000))));
  }
}
