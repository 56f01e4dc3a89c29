// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterAccessesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vtd_reg_write addr 0x18 size 0x4 value 0x4000000|\
          wrote 0x4000000 [QIE; TE clear: translation off] to GCMD (register 0x18)
          vtd_reg_write addr 0x18 size 0x4 value 0xc4000000|\
          wrote 0xc4000000 [TE SRTP QIE] to GCMD (register 0x18)
          vtd_reg_write addr 0x18 size 0x4 value 0x0|\
          wrote 0x0 [nothing set; TE clear: translation off] to GCMD (register 0x18)
          vtd_reg_write addr 0x20 size 0x8 value 0x2f821000|\
          wrote 0x2f821000 to RTADDR (register 0x20)
          vtd_reg_write addr 0x220 size 0x4 value 0x1|wrote 0x1 to register 0x220
          vtd_reg_write addr 0xffffffff00000018 size 0x4 value 0x1|\
          wrote 0x1 to register 0xffffffff00000018
          vtd_reg_write addr|vtd_reg_write addr
          """)
  void oneWriteIsOneLine(String line, String words) {
    assertEquals(List.of(words), RegisterAccesses.writes(List.of(line)));
  }

  @Test
  void writesToOneRegisterStandTogether() {
    List<String> traced = new ArrayList<>();
    traced.add("vtd_reg_write addr 0x18 size 0x4 value 0x80000000");
    for (int tail = 0; tail < 10; tail++) {
      traced.add("vtd_reg_write addr 0x88 size 0x4 value 0x" + Integer.toHexString(tail * 0x20));
    }
    traced.add("vtd_reg_write addr 0x18 size 0x4 value 0x84000000");
    assertEquals(
        List.of(
            "wrote to GCMD (register 0x18) 2 times: 0x80000000 [TE], 0x84000000 [TE QIE]",
            "wrote to IQT (register 0x88) 10 times: 0x0, 0x20, 0x40 ... 0x120"),
        RegisterAccesses.writes(traced));
  }

  @Test
  void readsAreOneLineWithEachRegisterOnce() {
    assertEquals(Optional.empty(), RegisterAccesses.reads(List.of()));
    assertEquals(
        Optional.of("read CAP, GSTS, register 0x220: 4 times"),
        RegisterAccesses.reads(
            List.of(
                "vtd_reg_read addr 0x8 size 0x8",
                "vtd_reg_read addr 0x1c size 0x4",
                "vtd_reg_read addr 0x220 size 0x8",
                "vtd_reg_read addr 0x8 size 0x8")));
    assertEquals(
        Optional.of("read VER: once"),
        RegisterAccesses.reads(List.of("vtd_reg_read addr 0x0 size 0x4")));
  }
}
