// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.amdvi.FaultReason;
import org.crashlane.memory.Absence;
import org.junit.jupiter.api.Test;

final class ReasonTextTest {
  private static final BitField FLAG = BitField.bit("CFIS", 23);
  private static final BitField MODE = BitField.bits("IM", 5, 4);
  private static final Layout GSTS = Layout.of("GSTS", FLAG, MODE);

  @Test
  void vectorsAreRuns() {
    assertEquals(
        "0x20-0x22 0x24 0x26-0x27 (6 vectors)",
        ReasonText.vectors(List.of(0x20, 0x21, 0x22, 0x24, 0x26, 0x27)));
    assertEquals("0x31 (1 vector)", ReasonText.vectors(List.of(0x31)));
  }

  @Test
  void detailsFollowTheNameInTheirOrder() {
    assertEquals(
        "next level is not below its own at level 2, entry at 0x1008",
        ReasonText.of(
            Reason.of(FaultReason.NEXT_LEVEL, new Reason.Level(2), new Reason.Entry(0x1008))));
    assertEquals(
        "the table at 0x1000: left out of the dump",
        ReasonText.of(
            Reason.of(
                TableFact.TABLE, new Reason.At(0x1000), new Reason.Because(Absence.EXCLUDED))));
    assertEquals(
        "other entries differ that serve the same page, of size 0x10000",
        ReasonText.of(Reason.of(TableFact.NOT_WHOLE, new Reason.Size(0x10000))));
  }

  @Test
  void fieldsThatAreZeroShowWhereTheyDecide() {
    assertEquals(
        "the table: GSTS.CFIS=0 GSTS.IM=2",
        ReasonText.of(
            Reason.of(
                TableFact.TABLE,
                new Reason.Fields(
                    List.of(
                        new Reason.Field(GSTS.word(0x20), FLAG),
                        new Reason.Field(GSTS.word(0x20), MODE))))));
    assertEquals(
        "the table: 0", ReasonText.of(Reason.of(TableFact.TABLE, new Reason.Words(GSTS.word(0)))));
  }

  @Test
  void malformationsNameTheEntryItsValueAndTheAddress() {
    Malformation wrong =
        new Malformation(
            0x7f00001cL,
            0x100000b,
            0xc0007000L,
            Malformation.Kind.RESERVED,
            Reason.of(TableFact.RESERVED_BITS, new Reason.Bits(8)));
    assertEquals(
        "entry at 0x7f00001c = 0x100000b (IOVA 0xc0007000): reserved bits set: 0x8",
        ReasonText.of(wrong));
  }
}
