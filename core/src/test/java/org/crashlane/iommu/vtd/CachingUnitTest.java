// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.CachingContract;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A unit that remembers, against the one that does not. */
class CachingUnitTest extends CachingContract<VtdFixture, Caches> {
  private static final long LARGE = 0x60_0000;
  private static final int DOMAIN = 1 + VtdFixture.DEVICE.devfn();
  private static final Capabilities CACHES_ABSENT =
      new Capabilities(Registers.Cap.CM.with(VtdFixture.WIDE.cap(), 1), VtdFixture.WIDE.ecap());

  CachingUnitTest() {
    super(new Caches(), Caches::fork, new VtdFixture());
  }

  @Override
  protected List<RequesterId> requesters() {
    List<RequesterId> requesters = new ArrayList<>(List.of(VtdFixture.DEVICE));
    for (int devfn = 0x30; devfn < 0x34; devfn++) {
      requesters.add(RequesterId.of(0, devfn));
    }
    return requesters;
  }

  @Override
  protected void start(boolean cachesAbsent) {
    machine = new VtdFixture(cachesAbsent ? CACHES_ABSENT : VtdFixture.WIDE, 4);
    machine.chain(L3, L2, L1);
    leaf(1, 0x7000);
    machine.entry(L2, 3, SecondLevelEntry.leaf(0x80_0000, 2, Permissions.READ_WRITE));
  }

  private void start() {
    start(false);
  }

  @Override
  protected Outcome caching(Request request) {
    return new Unit(machine.config).translate(machine.memory, caches, request, WalkSink.NONE);
  }

  @Override
  protected void drop(long iova, Random random) {
    for (RequesterId requester : requesters()) {
      caches.dropTranslations(1 + requester.devfn(), iova, random.nextInt(3));
    }
  }

  @Override
  protected long leafEntry(long physical, Permissions permissions) {
    return SecondLevelEntry.leaf(physical, 1, permissions);
  }

  @Override
  protected void changeDevice(RequesterId requester, Random random) {
    long at = ContextEntry.address(VtdFixture.CONTEXT, requester.devfn());
    boolean wasPresent = ContextEntry.isPresent(machine.memory.readLong(at));
    int before = wasPresent ? ContextEntry.domainId(machine.memory.readLong(at + Long.BYTES)) : 0;
    machine.attach(requester, random.nextInt(3), VtdFixture.TOP);
    if (random.nextInt(3) == 0) {
      machine.memory.writeLong(at, 0);
    }
    caches.dropContexts(before, requester, 0);
  }

  @Test
  void leafServesOnUntilItIsDropped() {
    start();
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.READ));
    leaf(1, 0x9000);
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.WRITE));
    caches.dropTranslations(DOMAIN + 1);
    caches.dropTranslations(DOMAIN, 0x2000, 0);
    assertEquals(new Outcome.Reached(0x7010), translate(0x1010, Access.WRITE));
    caches.dropTranslations(DOMAIN, 0x1000, 0);
    assertEquals(new Outcome.Reached(0x9010), translate(0x1010, Access.WRITE));
  }

  @Test
  void largeLeafIsRememberedWholeAndDroppedByAnyOfItsPages() {
    start();
    assertEquals(new Outcome.Reached(0x80_0000), translate(LARGE, Access.READ));
    machine.entry(L2, 3, 0);
    assertEquals(new Outcome.Reached(0x80_5123), translate(LARGE + 0x5123, Access.READ));
    caches.dropTranslations(DOMAIN, LARGE + 0x7000, 0);
    assertEquals(machine.translate(LARGE, Access.READ), translate(LARGE, Access.READ));
  }

  @Test
  void blockOfPagesIsDroppedTogether() {
    start();
    for (int page = 0; page < 16; page++) {
      leaf(page, 0x10_0000 + (long) page * SecondLevelEntry.LARGEST.pageBytes());
      translate((long) page * SecondLevelEntry.LARGEST.pageBytes(), Access.READ);
    }
    assertEquals(16, caches.translationCount());
    caches.dropTranslations(DOMAIN, 0x5000, 2);
    assertEquals(12, caches.translationCount(), "pages 4 to 7");
    caches.dropTranslations(DOMAIN, 0, 30);
    assertEquals(0, caches.translationCount());
  }

  @ParameterizedTest(name = "domain {0}, device bits {1}, ignored {2}: dropped {3}")
  @CsvSource({
    "33, 0x20, 0, true",
    "34, 0x20, 0, false",
    "33, 0x21, 0, false",
    "33, 0x24, 1, true",
    "33, 0x21, 1, false",
    "33, 0x26, 2, true",
    "33, 0x27, 3, true",
    "33, 0x2f, 3, false"
  })
  void contextEntryServesOnUntilItIsDropped(
      int domain, String devfn, int functionBits, boolean dropped) {
    start();
    translate(0x1000, Access.READ);
    machine.memory.writeLong(ContextEntry.address(VtdFixture.CONTEXT, 0x20), 0);
    caches.dropContexts(domain, RequesterId.of(0, Integer.decode(devfn)), functionBits);
    assertEquals(dropped ? 0 : 1, caches.deviceEntryCount());
    Outcome expected =
        dropped ? machine.translate(0x1000, Access.READ) : new Outcome.Reached(0x7000);
    assertEquals(expected, translate(0x1000, Access.READ));
  }

  @Test
  void absentContextIsRememberedAsOfDomainZero() {
    start(true);
    long at = ContextEntry.address(VtdFixture.CONTEXT, VtdFixture.DEVICE.devfn());
    long low = machine.memory.readLong(at);
    machine.memory.writeLong(at, 0);
    Outcome absent = translate(0x1000, Access.READ);
    machine.memory.writeLong(at, low);
    assertEquals(absent, translate(0x1000, Access.READ));
    caches.dropContexts(DOMAIN, VtdFixture.DEVICE, 0);
    assertEquals(absent, translate(0x1000, Access.READ));
    caches.dropContexts(0, VtdFixture.DEVICE, 0);
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.READ));
  }
}
