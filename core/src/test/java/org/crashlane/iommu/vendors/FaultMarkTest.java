// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vendors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Map;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.RegisterValues;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.junit.jupiter.api.Test;

class FaultMarkTest {
  private static final Register FSTS = org.crashlane.iommu.vtd.Registers.FSTS;
  private static final Register EVT_TAIL = org.crashlane.iommu.amdvi.Registers.EVT_TAIL;

  @Test
  void aFaultThatVtdRecordsChangesIt() {
    long none = Vendor.VTD.faultMark(registers(FSTS, 0));
    assertNotEquals(none, Vendor.VTD.faultMark(registers(FSTS, Fsts.PPF.mask())));
    assertNotEquals(none, Vendor.VTD.faultMark(registers(FSTS, Fsts.PFO.mask())));
  }

  @Test
  void whatVtdsInvalidationQueueComplainsOfDoesNot() {
    assertEquals(
        Vendor.VTD.faultMark(registers(FSTS, 0)),
        Vendor.VTD.faultMark(registers(FSTS, Fsts.IQE.mask())));
  }

  @Test
  void anEventThatAmdviLogsChangesIt() {
    assertNotEquals(
        Vendor.AMDVI.faultMark(registers(EVT_TAIL, 0x20)),
        Vendor.AMDVI.faultMark(registers(EVT_TAIL, 0x30)));
  }

  private static RegisterFile registers(Register register, long value) {
    return RegisterValues.of(Map.of(register, value));
  }
}
