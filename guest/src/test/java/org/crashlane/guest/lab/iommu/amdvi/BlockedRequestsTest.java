// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.Blocked;
import org.crashlane.rule.Sighting.BlockedInterrupt;
import org.crashlane.rule.Subject.IoApic;
import org.crashlane.rule.Subject.Requesters;
import org.junit.jupiter.api.Test;

class BlockedRequestsTest {
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
    assertEquals(
        List.of(new Blocked(RequesterId.parse("00:1f.2"), 0x2f8f7004)),
        BlockedRequests.requests(TRACE));
  }

  @Test
  void translationInWordsOfAnotherQemuIsShownAndNotPassedOver() {
    String line = "amdvi_translation_result 00:01.0: 0x1000 goes nowhere";
    assertEquals(
        List.of(new Quote(Source.QEMU_TRACE, line)), BlockedRequests.requests(List.of(line)));
  }

  @Test
  void blockedInterruptsNameTheirSenderAndTheReason() {
    assertEquals(
        List.of(
            new BlockedInterrupt(
                new IoApic(RequesterId.parse("00:14.0")), 0xfee01004L, 0x30, "RemapEn is disabled"),
            new BlockedInterrupt(
                new Requesters(RequesterId.parse("00:02.0")),
                0xfee00000L,
                0x21,
                "passthrough is not enabled")),
        BlockedRequests.interrupts(TRACE));
  }

  @Test
  void aBlockedInterruptWithoutItsRequestIsCountedAllTheSame() {
    assertEquals(
        List.of(new Quote(Source.QEMU_TRACE, "amdvi_ir_target_abort int_ctl abort")),
        BlockedRequests.interrupts(List.of("amdvi_ir_target_abort int_ctl abort")));
  }
}
