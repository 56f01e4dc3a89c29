// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class IommuTraceTest {
  private static final String ENABLED = "vtd_dmar_enable enable 1";
  private static final String LAST_INVALIDATION = "vtd_reg_write addr 0x88 size 0x4 value 0x940";
  private static final String IOAPIC = "ioapic_mem_write ioapic mem write addr 0x0 size 0x4";
  private static final String DISABLED = "vtd_reg_write addr 0x18 size 0x4 value 0x4000000";
  private static final String READ = "vtd_reg_read addr 0x1c size 0x4";
  private static final String FAULT = "vtd_dmar_fault sid 0x8 fault 6 addr 0x25547000 write 0";

  @Test
  void primarysLastInvalidationIsNotTheCaptureKernels() {
    IommuTrace trace =
        IommuTrace.split(
            List.of(ENABLED), List.of(LAST_INVALIDATION, IOAPIC, IOAPIC, READ, FAULT, DISABLED));
    assertEquals(List.of(ENABLED, LAST_INVALIDATION), trace.before());
    assertEquals(List.of(READ, FAULT, DISABLED), trace.after());
  }

  @Test
  void withoutTheMarkNothingIsExcused() {
    IommuTrace trace = IommuTrace.split(List.of(ENABLED), List.of(LAST_INVALIDATION));
    assertEquals(List.of(LAST_INVALIDATION), trace.after());
  }

  @Test
  void untouchedIommuLeavesNothing() {
    IommuTrace trace = IommuTrace.split(List.of(ENABLED), List.of(IOAPIC));
    assertEquals(List.of(), trace.after());
  }
}
