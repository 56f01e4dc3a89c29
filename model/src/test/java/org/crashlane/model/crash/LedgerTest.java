// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.junit.jupiter.api.Test;

final class LedgerTest {
  private static final DmaHandle READ =
      new DmaHandle(0x1000, 0x8000, 0x8000, 0x1800, Direction.TO_DEVICE);
  private static final DmaHandle WRITTEN =
      new DmaHandle(0x4000, 0x20000, 0x20000, 0x1000, Direction.FROM_DEVICE);

  private final Ledger ledger = new Ledger(2);

  @Test
  void whatIsMappedForReadingIsNotMeantToBeWritten() {
    ledger.add(0, READ);
    assertEquals(Optional.of(READ), ledger.find(0, 0x1010, 8, Access.READ));
    assertEquals(Optional.empty(), ledger.find(0, 0x1010, 8, Access.WRITE));
  }

  @Test
  void noByteBeyondTheEndIsMeant() {
    ledger.add(0, READ);
    assertEquals(Optional.of(READ), ledger.find(0, 0x27f8, 8, Access.READ));
    assertEquals(Optional.empty(), ledger.find(0, 0x27f9, 8, Access.READ));
    assertEquals(Optional.empty(), ledger.find(0, 0xff8, 8, Access.READ));
  }

  @Test
  void oneDevicesMappingIsNotAnothers() {
    ledger.add(0, READ);
    assertEquals(Optional.empty(), ledger.find(1, 0x1000, 8, Access.READ));
  }

  @Test
  void whatWasTakenBackIsNotMeantAnyMore() {
    ledger.add(0, READ);
    ledger.add(0, WRITTEN);
    ledger.remove(0, READ);
    assertEquals(Optional.empty(), ledger.find(0, 0x1000, 8, Access.READ));
    assertEquals(Optional.of(WRITTEN), ledger.find(0, 0x4000, 8, Access.WRITE));
  }

  @Test
  void onlyWhatDevicesWriteMayChange() {
    ledger.add(0, READ);
    ledger.add(1, WRITTEN);
    assertEquals(List.of(WRITTEN.targetRange()), ledger.writable());
  }

  @Test
  void busAddressesOfOneDeviceAndMemoryOfAllDevicesAreHandedOutOnce() {
    ledger.add(0, READ);
    DmaHandle sameBus = new DmaHandle(0x2000, 0x30000, 0x30000, 8, Direction.TO_DEVICE);
    DmaHandle sameMemory = new DmaHandle(0x9000, 0x9000, 0x9000, 8, Direction.TO_DEVICE);
    assertEquals(Optional.of(READ), ledger.conflicting(0, sameBus));
    assertEquals(Optional.empty(), ledger.conflicting(1, sameBus));
    assertEquals(Optional.of(READ), ledger.conflicting(1, sameMemory));
  }
}
