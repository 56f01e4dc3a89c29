// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What holds of every unit that remembers.
 *
 * @param <M> the vendor's machine
 * @param <C> its caches
 */
public abstract class CachingContract<M extends PagedMachine, C extends UnitCaches> {
  /** Tables below the top one, of levels 3 to 1. */
  protected static final long L3 = 0x103000;

  protected static final long L2 = 0x104000;
  protected static final long L1 = 0x105000;

  private static final int STEP_COUNT = 3000;
  private static final int CHANGED_PAGES = 512;

  /** What the unit remembers. */
  protected final C caches;

  /** The machine as it is now. */
  protected M machine;

  private final UnaryOperator<C> fork;

  /** For the tests of one vendor. */
  protected CachingContract(C caches, UnaryOperator<C> fork, M machine) {
    this.caches = caches;
    this.fork = fork;
    this.machine = machine;
  }

  /**
   * Begins with a new machine: page 1 leads to 0x7000.
   *
   * @param cachesAbsent true if its unit remembers that entries are not present
   */
  protected abstract void start(boolean cachesAbsent);

  /** {@return what the unit that remembers makes of {@code request}} */
  protected abstract Outcome caching(Request request);

  /** {@return an entry of level 1} */
  protected abstract long leafEntry(long physical, Permissions permissions);

  /**
   * Drops what is remembered of pages from {@code iova} on, at least one, in the device's domain.
   */
  protected abstract void drop(long iova, Random random);

  /** {@return who asks, the device first} */
  protected abstract List<RequesterId> requesters();

  /** Gives {@code requester} another entry, and drops what is remembered of the one before. */
  protected abstract void changeDevice(RequesterId requester, Random random);

  /** {@return what the unit that remembers makes of a request of the device} */
  protected final Outcome translate(long iova, Access access) {
    return caching(new Request(requesters().getFirst(), iova, access));
  }

  /** Has page {@code index} lead to {@code physical}, readable and writable. */
  protected final void leaf(int index, long physical) {
    machine.entry(L1, index, leafEntry(physical, Permissions.READ_WRITE));
  }

  @Test
  void rightThatTheRememberedLeafLacksIsNotLookedForInTheTables() {
    start(false);
    machine.entry(L1, 1, leafEntry(0x7000, Permissions.READ_ONLY));
    translate(0x1000, Access.READ);
    Outcome without = machine.translate(0x1000, Access.WRITE);
    leaf(1, 0x7000);
    assertInstanceOf(Outcome.Blocked.class, without);
    assertEquals(without, translate(0x1000, Access.WRITE));
  }

  /** Linux flushes late: a new mapping needs no invalidation only where there was none before. */
  @Test
  void whatWasUnmappedAndNotFlushedIsStillCachedWhenItIsArmed() {
    start(false);
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.WRITE));
    machine.entry(L1, 1, 0);
    leaf(1, 0x1000);
    leaf(2, 0x2000);
    assertEquals(new Outcome.Reached(0x2000), translate(0x2000, Access.WRITE));
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.WRITE));
    drop(0x1000, new Random(0));
    assertEquals(new Outcome.Reached(0x1000), translate(0x1000, Access.WRITE));
  }

  @Test
  void absenceIsRememberedOnlyWhereTheUnitSaysSo() {
    start(false);
    Outcome absent = translate(0x2000, Access.READ);
    assertEquals(0, caches.translationCount());
    start(true);
    assertEquals(absent, translate(0x2000, Access.READ));
    leaf(2, 0xa000);
    assertEquals(absent, translate(0x2000, Access.READ));
    assertEquals(new Outcome.Reached(0x7000), translate(0x1000, Access.READ));
    drop(0x2000, new Random(0));
    assertEquals(new Outcome.Reached(0xa000), translate(0x2000, Access.READ));
  }

  @Test
  void copiesAreEqualAndChangeByThemselves() {
    start(false);
    translate(0x1000, Access.READ);
    C copy = fork.apply(caches);
    assertEquals(caches, copy);
    assertEquals(caches.hashCode(), copy.hashCode());
    copy.dropTranslations();
    assertNotEquals(caches, copy);
    assertEquals(1, caches.translationCount());
  }

  @ParameterizedTest(name = "seed {0}, caches absence: {1}")
  @CsvSource({"1, false", "2, true", "3, false", "4, true"})
  void remembersNothingWrongWhereEveryChangeIsFollowedByItsInvalidation(
      long seed, boolean cachesAbsent) {
    start(cachesAbsent);
    Random random = new Random(seed);
    for (int step = 0; step < STEP_COUNT; step++) {
      if (random.nextInt(3) == 0) {
        change(random);
      }
      Request request =
          new Request(
              requesters().get(random.nextInt(requesters().size())),
              (long) random.nextInt(4 * CHANGED_PAGES)
                  * (machine.table().geometry().pageBytes() / 2),
              random.nextBoolean() ? Access.READ : Access.WRITE);
      assertEquals(
          machine.unit().translate(request),
          caching(request),
          () -> "seed " + seed + ": " + request);
    }
  }

  private void change(Random random) {
    if (random.nextInt(5) == 0) {
      changeDevice(requesters().get(random.nextInt(requesters().size())), random);
      return;
    }
    int index = random.nextInt(CHANGED_PAGES);
    Permissions permissions = Permissions.of(random.nextBoolean(), random.nextBoolean());
    long page = (long) random.nextInt(1 << 20) * machine.table().geometry().pageBytes();
    machine.entry(L1, index, random.nextInt(4) == 0 ? 0 : leafEntry(page, permissions));
    drop((long) index * machine.table().geometry().pageBytes(), random);
  }
}
