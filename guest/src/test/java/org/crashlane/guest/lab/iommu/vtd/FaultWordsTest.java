// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultWordsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vtd_dmar_fault sid 0x8 fault 6 addr 0x25547000 write 0|\
          read of 0x25547000 by 00:01.0 blocked: fault reason 0x6 (read permission is not set)
          vtd_dmar_fault sid 0xfa fault 5 addr 0x1eb60000 write 1|\
          write of 0x1eb60000 by 00:1f.2 blocked: fault reason 0x5 (write permission is not set)
          vtd_dmar_fault sid 0x8 fault 250 addr 0x0 write 0|\
          read of 0x0 by 00:01.0 blocked: fault reason 0xfa
          """)
  void faultsNameTheRequesterAndTheReason(String line, String words) {
    assertEquals(words, FaultWords.of(line));
  }
}
