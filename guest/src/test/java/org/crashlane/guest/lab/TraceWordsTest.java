// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceWordsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vtd_reg_write addr 0x18 size 0x4 value 0x4000000|write of 0x4000000 to GCMD (register 0x18)
          vtd_reg_read addr 0x1c size 0x4|read of GSTS (register 0x1c)
          vtd_reg_read addr 0x24 size 0x4|read of RTADDR, upper half (register 0x24)
          vtd_reg_read addr 0x220 size 0x8|read of register 0x220
          vtd_reg_read addr 0xffffffff00000018 size 0x8|read of register 0xffffffff00000018
          vtd_dmar_enable enable 0|vtd_dmar_enable enable 0
          vtd_reg_write addr|vtd_reg_write addr
          """)
  void registerAccessesAreNamed(String line, String words) {
    assertEquals(words, TraceWords.of(line));
  }

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
    assertEquals(words, TraceWords.of(line));
  }
}
