// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.gart.Registers.CacheCtl;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;

/** What a northbridge remembers, and how it is made to forget. */
class CacheStateTest {
  private static final long BASE = 0xc000_0000L;
  private static final AddressRange PAGE = AddressRange.ofSize(BASE, 0x1000);
  private static final long OLD = 0x0100_0000L;
  private static final long NEW = 0x0200_0000L;

  private final GartFixture machine = new GartFixture();
  private final CacheState first = CacheState.unbounded(machine.aperture);
  private final CacheState second = CacheState.unbounded(machine.aperture);

  private Outcome translate(CacheState cache, long iova) {
    return new Unit(machine.memory, machine.config, cache).translate(GartFixture.write(iova));
  }

  private void write(long iova, long physical) {
    machine.entry(machine.memory, iova, Gpte.encode(physical));
  }

  @Test
  void missingFlushLeavesTheOldMapping() {
    write(BASE, OLD);
    assertEquals(new Outcome.Reached(OLD), translate(first, BASE));
    write(BASE, NEW);
    assertEquals(new Outcome.Reached(OLD), translate(first, BASE));
    assertEquals(new Outcome.Reached(NEW), translate(CacheState.uncached(), BASE));
    invalidate(first);
    assertEquals(new Outcome.Reached(NEW), translate(first, BASE));
  }

  @Test
  void unmappedPageIsReachedUntilTheFlush() {
    write(BASE, OLD);
    translate(first, BASE);
    machine.tables().unmap(machine.memory, PAGE);
    assertEquals(new Outcome.Reached(OLD), translate(first, BASE));
    invalidate(first);
    assertInstanceOf(Outcome.Blocked.class, translate(first, BASE));
  }

  @Test
  void flushOfOneNorthbridgeLeavesTheOther() {
    write(BASE, OLD);
    translate(first, BASE);
    translate(second, BASE);
    write(BASE, NEW);
    invalidate(first);
    assertEquals(new Outcome.Reached(NEW), translate(first, BASE));
    assertEquals(new Outcome.Reached(OLD), translate(second, BASE));
  }

  @Test
  void entryThatIsNotValidIsNotCached() {
    assertInstanceOf(Outcome.Blocked.class, translate(first, BASE));
    write(BASE, NEW);
    assertEquals(new Outcome.Reached(NEW), translate(first, BASE));
  }

  @Test
  void cpusAndDevicesShareWhatIsCached() {
    write(BASE, OLD);
    translate(first, BASE);
    write(BASE, NEW);
    Unit unit = new Unit(machine.memory, machine.config, first);
    assertEquals(new CpuOutcome.Reached(OLD), unit.accessByCpu(BASE));
  }

  @Test
  void smallCacheGivesWay() {
    CacheState small = CacheState.ofCapacity(4);
    write(BASE, OLD);
    write(BASE + 4 * 0x1000, OLD);
    translate(small, BASE);
    translate(small, BASE + 4 * 0x1000);
    write(BASE, NEW);
    assertEquals(1, small.cachedCount());
    assertEquals(new Outcome.Reached(NEW), translate(small, BASE));
  }

  @Test
  void pteErrorStaysUntilItIsCleared() {
    translate(first, BASE);
    assertEquals(CacheCtl.GARTPTEERR.mask(), first.control());
    invalidate(first);
    assertEquals(CacheCtl.GARTPTEERR.mask(), first.control());
    first.writeControl(CacheCtl.GARTPTEERR.mask());
    assertEquals(0, first.control());
  }

  @Test
  void writingWithoutInvgartDropsNothing() {
    write(BASE, OLD);
    translate(first, BASE);
    first.writeControl(CacheCtl.GARTPTEERR.mask());
    assertEquals(1, first.cachedCount());
    assertThrows(IllegalArgumentException.class, () -> first.writeControl(0x1_0000_0001L));
    assertEquals(1, first.cachedCount());
    assertEquals("1 of 16384 entries cached, CACHECTL 0x0", first.toString());
  }

  @Test
  void copyIsEqualAndChangesByItself() {
    write(BASE, OLD);
    translate(first, BASE);
    CacheState copy = first.copy();
    assertEquals(first, copy);
    assertEquals(first.hashCode(), copy.hashCode());
    invalidate(copy);
    assertNotEquals(first, copy);
    assertEquals(1, first.cachedCount());
    assertEquals(second, copy);
  }

  @Test
  void negativeCapacityIsACallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> CacheState.ofCapacity(-1));
  }

  /** As a kernel does that writes INVGART. */
  private static void invalidate(CacheState cache) {
    cache.writeControl(CacheCtl.INVGART.mask());
  }
}
