// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class FaultWordsTest {
  private static final List<String> TRACE =
      List.of(
          "amdvi_translation_result devid: 00:02.0 gpa 0xfffff000 hpa 0x1234000",
          "amdvi_translation_result devid: 00:1f.2 gpa 0x2f8f7004 hpa 0x0",
          "amdvi_ir_remap_msi_req addr 0xfee00000 data 0x2 devid 0xa0",
          "amdvi_ir_remap_msi_req addr 0xfee01004 data 0x30 devid 0xa0",
          "amdvi_ir_target_abort RemapEn is disabled",
          "amdvi_ir_remap_msi_req addr 0xfee00000 data 0x21 devid 0x10",
          "amdvi_ir_err passthrough is not enabled");

  @Test
  void whatWasTranslatedToNothingWasBlocked() {
    assertEquals(List.of("request at 0x2f8f7004 by 00:1f.2 blocked"), FaultWords.requests(TRACE));
  }

  @Test
  void blockedInterruptsNameTheirSenderAndTheReason() {
    assertEquals(
        List.of(
            "interrupt (address 0xfee01004, data 0x30) of 00:14.0, the IOAPIC, blocked: RemapEn is"
                + " disabled",
            "interrupt (address 0xfee00000, data 0x21) of 00:02.0 blocked: passthrough is not"
                + " enabled"),
        FaultWords.interrupts(TRACE));
  }

  @Test
  void aBlockedInterruptWithoutItsRequestIsCountedAllTheSame() {
    assertEquals(
        List.of("interrupt blocked: int_ctl abort"),
        FaultWords.interrupts(List.of("amdvi_ir_target_abort int_ctl abort")));
  }
}
