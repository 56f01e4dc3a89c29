// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fault recording registers as numbers, against numbers worked out by hand. */
final class FaultRecordCodecTest {
  private static final long LOW = 0x9c00_0000L;

  @ParameterizedTest
  @CsvSource({
    "READ, 6, 0x0010, -1, 0xc000000600000010",
    "WRITE, 5, 0x00fa, -1, 0x80000005000000fa",
    "WRITE, 255, 0xffff, 0, 0x800000ff8000ffff",
    "READ, 0x85, 0x3aff, 0xfffff, 0xcfffff8580003aff"
  })
  void recordIsItsWordsAndBack(
      Access access, String reason, String requester, String pasid, String high) {
    int value = Integer.decode(pasid);
    FaultRecord record =
        new FaultRecord(
            LOW,
            new RequesterId(Integer.decode(requester)),
            access,
            Integer.decode(reason),
            value < 0 ? Optional.empty() : Optional.of(value));
    assertEquals(LOW, record.low());
    assertEquals(Hex.parse(high), record.high());
    assertEquals(Optional.of(record), FaultRecord.decode(LOW, Hex.parse(high)));
  }

  @Test
  void lowestBitsOfTheAddressAreNotKept() {
    Request request = new Request(new RequesterId(0x10), LOW | 0xfff, Access.READ);
    FaultRecord record = FaultRecord.of(new Fault(request, FaultReason.NO_READ_PERMISSION, true));
    assertEquals(LOW, record.page());
    assertEquals(Optional.of(record), FaultRecord.decode(LOW | 0xfff, record.high()));
  }

  @Test
  void addressThatIsNoPageIsRefused() {
    RequesterId requester = new RequesterId(0);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new FaultRecord(0x1001, requester, Access.READ, 6, Optional.empty()));
    assertTrue(e.getMessage().contains("0x1001"), e.getMessage());
  }

  @Test
  void clearFaultBitMeansNoRecordWhateverElseIsSet() {
    assertEquals(Optional.empty(), FaultRecord.decode(-1, Long.MAX_VALUE));
  }

  @Test
  void wordsNameThePasidAndTheUnknownReason() {
    RequesterId requester = RequesterId.parse("00:1f.2");
    FaultRecord record = new FaultRecord(0x1000, requester, Access.WRITE, 0xfe, Optional.of(0x21));
    assertEquals("00:1f.2 WRITE at 0x1000 PASID 0x21: reason 0xfe, not known", record.toString());
  }
}
