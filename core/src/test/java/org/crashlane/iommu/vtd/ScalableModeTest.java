// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests without a PASID in scalable mode: through the entry of RID_PASID. */
class ScalableModeTest extends ScalableMachine {
  @Test
  void bothHalvesOfABusAreTranslated() {
    assertEquals(new Outcome.Reached(0x80_0123), translate(LOWER, 0x123, Access.WRITE));
    assertEquals(new Outcome.Reached(0x80_0123), translate(UPPER, 0x123, Access.READ));
  }

  @ParameterizedTest(name = "bit {1} of word at {0} gives {2}")
  @CsvSource({
    "0x100000, 0, SCALABLE_ROOT_NOT_PRESENT",
    "0x100000, 11, SCALABLE_ROOT_RESERVED",
    "0x100008, 46, SCALABLE_ROOT_RESERVED",
    "0x101400, 0, SCALABLE_CONTEXT_NOT_PRESENT",
    "0x101400, 5, SCALABLE_CONTEXT_RESERVED",
    "0x101408, 21, SCALABLE_CONTEXT_RESERVED",
    "0x101410, 0, SCALABLE_CONTEXT_RESERVED",
    "0x101418, 63, SCALABLE_CONTEXT_RESERVED",
    "0x101408, 16, RID_PASID",
    "0x103860, 0, DIRECTORY_NOT_PRESENT",
    "0x103860, 2, DIRECTORY_RESERVED",
    "0x104840, 0, PASID_NOT_PRESENT",
    "0x104840, 6, PASID_INVALID",
    "0x104840, 8, PASID_INVALID",
    "0x104840, 2, PASID_INVALID",
    "0x104840, 10, PASID_RESERVED",
    "0x104848, 16, PASID_RESERVED",
    "0x104850, 8, PASID_RESERVED",
    "0x104840, 46, PASID_RESERVED",
    "0x108000, 0, SCALABLE_NO_READ"
  })
  void oneWrongBitGivesItsReason(String address, int bit, FaultReason reason) {
    if (reason == FaultReason.PASID_INVALID && bit == 6) {
      config = without(Registers.Ecap.NEST);
    }
    change(Long.decode(address), 1L << bit);
    assertFault(reason, Access.READ, 0, true);
  }

  @ParameterizedTest(name = "no memory where the word at {0} points: {1}")
  @CsvSource({
    "0x100000, SCALABLE_CONTEXT_ACCESS",
    "0x101400, DIRECTORY_ACCESS",
    "0x103860, PASID_ACCESS",
    "0x104840, SECOND_LEVEL_POINTER",
    "0x105000, SECOND_LEVEL_ACCESS"
  })
  void tableWhereNoMemoryIsGivesItsReason(String address, FaultReason reason) {
    change(Long.decode(address), 0x3f_0000_0000L);
    assertFault(reason, Access.READ, 0, true);
  }

  @ParameterizedTest(name = "FPD in the entry at {0}")
  @CsvSource({"0x101400", "0x103860", "0x104840"})
  void anyEntryOnTheWayMayKeepFaultsFromBeingRecorded(String address) {
    change(Long.decode(address), 1L << 1);
    assertFault(FaultReason.SCALABLE_NO_READ, Access.READ, 0x1000, false);
  }

  @Test
  void faultProcessingDisableCoversReservedFieldsOfItsOwnEntry() {
    change(LOWER_ENTRY, ScalableContextEntry.RSVD_8_5.mask());
    assertFault(FaultReason.SCALABLE_CONTEXT_RESERVED, Access.READ, 0, true);
    change(LOWER_ENTRY, ScalableContextEntry.FPD.mask());
    assertFault(FaultReason.SCALABLE_CONTEXT_RESERVED, Access.READ, 0, false);
  }

  @Test
  void unitWithoutTheChoiceTakesPasidZero() {
    config = without(Registers.Ecap.RPS);
    assertFault(FaultReason.DIRECTORY_NOT_PRESENT, Access.READ, 0, true);
  }

  @Test
  void firstLevelIsTranslatedWithItsOwnRights() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b111);
    assertEquals(new Outcome.Reached(0x80_0010), translate(LOWER, 0x10, Access.WRITE));
    firstLevel(0x80_0000 | 0b101);
    assertEquals(new Outcome.Reached(0x80_0010), translate(LOWER, 0x10, Access.READ));
    assertFault(FaultReason.SCALABLE_NO_WRITE, Access.WRITE, 0x10, true);
    firstLevel(0x80_0000 | 0b011);
    assertFault(FaultReason.USER_PRIVILEGE, Access.READ, 0x10, true);
    firstLevel(0x80_0000);
    assertFault(FaultReason.FIRST_LEVEL_NOT_PRESENT, Access.READ, 0x10, true);
    assertFault(FaultReason.NOT_CANONICAL, Access.READ, 1L << 47, true);
    firstLevel(1L << 46 | 0b111);
    assertFault(FaultReason.FIRST_LEVEL_RESERVED, Access.READ, 0x10, true);
    firstLevel(0x80_0000 | 0b111);
    memory.writeLong(L3, 1L << 46 | L2 | 0b111);
    assertFault(FaultReason.FIRST_LEVEL_RESERVED, Access.READ, 0x10, true);
  }

  @Test
  void privilegedRequestsNeedNoRightsUnlessProtected() {
    type(PasidTableEntry.PGTT_FIRST_LEVEL);
    firstLevel(0x80_0000 | 0b001);
    change(LOWER_ENTRY + 8, ScalableContextEntry.RID_PRIV.mask());
    assertFault(FaultReason.SRE_CLEAR, Access.WRITE, 0, true);
    change(ENTRY + 16, PasidTableEntry.SRE.mask());
    assertEquals(new Outcome.Reached(0x80_0000), translate(LOWER, 0, Access.WRITE));
    change(ENTRY + 16, PasidTableEntry.WPE.mask());
    assertFault(FaultReason.SCALABLE_NO_WRITE, Access.WRITE, 0, true);
  }
}
