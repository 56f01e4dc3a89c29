// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.vtd.VtdMachine.CRASH;
import static org.crashlane.model.mode.vtd.VtdMachine.FIRMWARES;
import static org.crashlane.model.mode.vtd.VtdMachine.GUESTS;
import static org.crashlane.model.mode.vtd.VtdMachine.PASSING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.mode.paging.PagedMachine;
import org.crashlane.model.mode.paging.PagedMappingContract;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the primary's VT-d driver has devices reach. */
class VtdMappingTest extends PagedMappingContract {

  VtdMappingTest() {
    super(VtdMachine.today());
  }

  @Override
  protected PagedMachine other(MachineSpec spec) {
    return new VtdMachine(spec);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void armedRangeIsReachedByItself(boolean superpages) {
    armedRangeIsReachedByItself(
        new VtdMachine(Era.LINUX_6, superpages, false), superpages ? 1 : 512);
  }

  @Test
  void betweenAnyTwoStoresADeviceReachesItsBufferOrNothingWhereAbsenceIsCached() {
    PagedMachine caching = new VtdMachine(Era.LINUX_6, true, true);
    betweenAnyTwoStores(caching, caching.boot());
  }

  @Test
  void armedRangeThatIsNotReservedIsHandedOutAgain() {
    PagedMachine small = smallMasks();
    DmaMapping mapping = small.boot();
    DeviceSpec narrow = small.spec.devices().getFirst();
    mapping.arm(small.cpu, List.of(CRASH), List.of(narrow));
    List<DmaHandle> handles = small.mapPages(mapping, narrow, 0x30_0000L, 2048);
    DmaHandle inside =
        handles.stream().filter(h -> CRASH.contains(h.bus())).findFirst().orElseThrow();
    // The driver takes the large leaf for a table: what it writes is in the crash range, and the
    // device reaches the crash range in place of its buffer.
    assertTrue(small.reaches(narrow, inside.busAddress(), Access.READ, inside.busAddress()));
  }

  @Test
  void tablesAreToldPerUnit() {
    UnitTables tables = machine.hardware.tables(machine.spec, machine.memory).getFirst();
    assertEquals(PagedMachine.UNIT, tables.unit());
    assertEquals(machine.spec.devices(), tables.devices());
    assertEquals(
        List.of(FIRMWARES.requester(), PASSING.requester(), GUESTS.requester()),
        tables.tables().devices().attachments().stream().map(Attachment::requester).toList());
  }
}
