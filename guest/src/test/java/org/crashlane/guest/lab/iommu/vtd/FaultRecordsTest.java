// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.Faulted;
import org.crashlane.rule.Sighting.From;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultRecordsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vtd_dmar_fault sid 0x8 fault 6 addr 0x25547000 write 0|\
          READ|0x25547000|00:01.0|6|read permission is not set
          vtd_dmar_fault sid 0xfa fault 5 addr 0x1eb60000 write 1|\
          WRITE|0x1eb60000|00:1f.2|5|write permission is not set
          vtd_dmar_fault sid 0x8 fault 250 addr 0x0 write 0|\
          READ|0x0|00:01.0|250|not known
          """)
  void faultsNameTheRequesterAndTheReason(
      String line, Access access, String iova, String requester, int reason, String meaning) {
    Request request = new Request(RequesterId.parse(requester), Hex.parse(iova), access);
    Faulted faulted = assertInstanceOf(Faulted.class, FaultRecords.traced(line));
    assertEquals(From.NOT_KNOWN, faulted.from());
    assertEquals(new Fault(request, faulted.fault().why(), true), faulted.fault());
    assertEquals(reason, faulted.fault().reason());
    assertEquals(meaning, faulted.fault().why().meaning());
  }

  @Test
  void whatIsNoFaultIsQuoted() {
    assertEquals(
        new Quote(Source.QEMU_TRACE, "vtd_dmar_fault sid"),
        FaultRecords.traced("vtd_dmar_fault sid"));
  }
}
