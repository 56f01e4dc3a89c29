// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** Entries of the event log as words. */
class EventRecordTest {

  @Test
  void pageFaultOfAWriteWithoutTheRight() {
    Request request = new Request(RequesterId.parse("05:00.0"), 0xff61_01b0L, Access.WRITE);
    FaultReason reason = FaultReason.PERMISSION;
    Fault fault = new Fault(request, reason, true);
    EventRecord event = EventRecord.of(fault, 0x12);
    assertEquals(0x2070_0012_0000_0500L, event.low());
    assertEquals(0xff61_01b0L, event.high());
    assertEquals(
        "IO_PAGE_FAULT 05:00.0 domain=0x0012 address=0xff6101b0 flags=0x0070", event.toString());
  }

  @Test
  void recordsAreReadAsTheyWereWritten() {
    SplittableRandom random = new SplittableRandom(12);
    for (int i = 0; i < 5000; i++) {
      EventRecord event =
          new EventRecord(
              1 + random.nextInt(15),
              new RequesterId(random.nextInt(1 << 16)),
              random.nextInt(16),
              random.nextInt(1 << 16),
              random.nextInt(1 << 12),
              random.nextLong());
      assertEquals(Optional.of(event), EventRecord.decode(event.low(), event.high()));
    }
  }

  @Test
  void entryThatWasNeverWrittenIsNoEvent() {
    assertEquals(Optional.empty(), EventRecord.decode(0, 0));
  }

  @Test
  void everyCodeIsFoundAndEveryReasonHasItsEvent() {
    for (EventCode code : EventCode.values()) {
      assertEquals(Optional.of(code), EventCode.of(code.code()));
    }
    assertEquals(Optional.empty(), EventCode.of(0xf));
    for (FaultReason reason : FaultReason.values()) {
      int number = reason.number(Access.WRITE);
      assertEquals(reason.code().code(), FaultReason.codeOf(number));
      assertEquals(EventFlags.RW.mask(), number ^ reason.number(Access.READ));
    }
  }
}
