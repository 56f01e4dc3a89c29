// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A PHB that keeps entries, and entries that are freed under it. */
class HostBridgeTest {
  private static final long IOVA = 0x12_3000L;
  private static final long TARGET = 0x1_5fe0_3000L;
  private static final long OTHER = 0x1_2345_6000L;

  private final CalgaryFixture machine = new CalgaryFixture();
  private final HostBridge bridge = new HostBridge(machine.config, TceCache.unbounded());

  private Outcome translate(HostBridge through, long iova, Access access) {
    return through.translate(machine.memory, new Request(CalgaryFixture.DEVICE, iova, access));
  }

  private void assertReached(long physical, Outcome outcome) {
    assertEquals(new Outcome.Reached(physical), outcome);
  }

  @Test
  void aChangedEntryIsSeenOnceTarIsWritten() {
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    assertReached(TARGET, translate(bridge, IOVA, Access.READ));
    machine.map(IOVA, OTHER, Permissions.READ_WRITE);
    assertReached(TARGET + 5, translate(bridge, IOVA + 5, Access.WRITE));
    bridge.writeTar(bridge.tar());
    assertReached(OTHER, translate(bridge, IOVA, Access.READ));
  }

  @Test
  void aKeptEntryHasTheRightsThatItHad() {
    machine.map(IOVA, TARGET, Permissions.READ_ONLY);
    translate(bridge, IOVA, Access.WRITE);
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    assertInstanceOf(Outcome.Blocked.class, translate(bridge, IOVA, Access.WRITE));
    assertReached(TARGET, translate(bridge, IOVA, Access.READ));
  }

  @Test
  void aFreeEntryIsNotKept() {
    translate(bridge, IOVA, Access.READ);
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    assertReached(TARGET, translate(bridge, IOVA, Access.READ));
  }

  @Test
  void aCopyKeepsWhatWasKeptAndGoesItsOwnWay() {
    machine.map(IOVA, TARGET, Permissions.READ_WRITE);
    translate(bridge, IOVA, Access.READ);
    translate(bridge, 0, Access.READ);
    HostBridge copy = bridge.copy();
    machine.map(IOVA, OTHER, Permissions.READ_WRITE);
    machine.map(IOVA + 0x1000, OTHER, Permissions.READ_WRITE);
    translate(copy, IOVA + 0x1000, Access.READ);
    assertEquals(Tce.FREE, bridge.cache().kept((int) Tce.index(IOVA + 0x1000)));
    bridge.writeTar(bridge.tar());
    bridge.writeCsr(0);
    assertReached(TARGET, translate(copy, IOVA, Access.READ));
    assertReached(OTHER, translate(bridge, IOVA, Access.READ));
    assertEquals(0x20_0000L, copy.csr());
    assertEquals(machine.config.configRw(), copy.configRw());
    assertEquals(machine.table, copy.table());
  }

  @Test
  void whatIsKeptIsToldInRisingOrder() {
    long[] iovas = {0xffff_f000L, 0, 0x3_f000L, 0x4_0000L};
    for (long iova : iovas) {
      machine.map(iova, TARGET, Permissions.READ_WRITE);
      translate(bridge, iova, Access.READ);
    }
    List<Integer> indices = new ArrayList<>();
    bridge
        .cache()
        .forEach((index, tce) -> {
          indices.add(index);
          assertEquals(Tce.of(TARGET, Permissions.READ_WRITE), tce);
        });
    assertEquals(List.of(0, 0x3f, 0x40, 0xf_ffff), indices);
  }

  @Test
  void unmappedEntriesAreFreeAndOthersAsTheyWere() {
    AddressRange range = AddressRange.ofSize(0x100_0000L, 4 * Tce.PAGE_BYTES);
    assertInstanceOf(MapResult.Mapped.class, machine.mapIdentity(machine.memory, range));
    AddressRange middle = AddressRange.ofSize(0x100_1000L, 2 * Tce.PAGE_BYTES);
    assertEquals(2, machine.table.unmap(machine.memory, middle));
    assertEquals(0, machine.table.unmap(machine.memory, middle));
    assertEquals(2, machine.walk().mappings().size());
    assertInstanceOf(Outcome.Blocked.class, machine.translate(0x100_1000L, Access.READ));
    assertReached(0x100_3000L, machine.translate(0x100_3000L, Access.READ));
    assertEquals(2, machine.table.unmap(machine.memory, range));
    assertEquals(List.of(), machine.walk().mappings());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x1000-0x1ffe", "0x1001-0x1fff", "0xfffff000-0x100000fff"})
  void unmappingPartPagesOrBeyondTheTableIsACallersMistake(String range) {
    assertThrows(
        IllegalArgumentException.class,
        () -> machine.table.unmap(machine.memory, AddressRange.parse(range)));
  }
}
