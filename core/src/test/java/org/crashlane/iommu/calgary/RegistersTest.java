// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.iommu.calgary.Registers.Csr;
import org.crashlane.iommu.calgary.Registers.PageMigCtrl;
import org.crashlane.iommu.calgary.ReservedRegion.Kind;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RegistersTest {
  private static final ReservedRegion EMERGENCY =
      new ReservedRegion(new AddressRange(0, 0x1ffff), Kind.EMERGENCY);
  private static final ReservedRegion LEGACY =
      new ReservedRegion(new AddressRange(0xa0000, 0xfffff), Kind.LOW_MEGABYTE);

  @ParameterizedTest
  @CsvSource({"0, 0x580, 0x8110", "1, 0x588, 0x9110", "2, 0x590, 0xa110", "3, 0x598, 0xb110"})
  void eachBridgeHasItsOwn(int phb, String tar, String csr) {
    assertEquals(Hex.parse(tar), Registers.tar(phb));
    assertEquals(Hex.parse(csr), Registers.of(phb, PhbRegister.CSR));
  }

  @Test
  void fifthBridgeIsACallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> Registers.tar(4));
    assertThrows(IllegalArgumentException.class, () -> Registers.of(-1, PhbRegister.CSR));
  }

  @Test
  void fieldsAreWhereLinuxHasThem() {
    assertEquals(0x2000_0000L, ConfigRw.TCE_ENABLE.mask());
    assertEquals(0x1c00_0000L, ConfigRw.SLOT_DISABLE.mask());
    assertEquals(0x0100_0000L, ConfigRw.DAC_DISABLE.mask());
    assertEquals(0x0040_0000L, ConfigRw.MEM2_ENABLE.mask());
    assertEquals(0x0010_0000L, ConfigRw.MCSR_ENABLE.mask());
    assertEquals(0x2110_0000L, ConfigRw.enabling(0));
    assertEquals(0x3d10_0000L, ConfigRw.disablingSlots(ConfigRw.enabling(0)));
    assertEquals(0x8000_0000L, PageMigCtrl.SOFTSTOP.mask());
    assertEquals(0x4000_0000L, PageMigCtrl.SOFTSTOPFAULT.mask());
    assertEquals(0x2000_0000L, PageMigCtrl.HARDSTOP.mask());
  }

  @Test
  void agentAloneIsNoError() {
    assertFalse(Csr.hasError(0x001f_0000L));
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      assertEquals((0xffe0_ffffL & (1L << bit)) != 0, Csr.hasError(1L << bit), "bit " + bit);
    }
  }

  @ParameterizedTest
  @EnumSource
  void registerIsFoundByItsOffset(PhbRegister register) {
    assertEquals(Optional.of(register), PhbRegister.at(register.offset()));
  }

  @Test
  void noTwoRegistersShareAnOffset() {
    Set<Integer> offsets = new HashSet<>();
    for (PhbRegister register : PhbRegister.values()) {
      assertTrue(offsets.add(register.offset()), register::name);
    }
    assertEquals(Optional.empty(), PhbRegister.at(0));
  }

  @Test
  void bytesOfRegistersAreTurnedRound() {
    Phb chip = new Phb().withTar(1, 0x7f80_0007L).with(1, PhbRegister.CONFIG_RW, 0x2110_0000L);
    assertEquals(0x0700_807f_0000_0000L, chip.read64(0x588));
    assertEquals(0x1021L, chip.read32(0x9160));
    assertEquals(0x7f80_0007L, Registers.read64(chip, 0x588));
    assertEquals(0x2110_0000L, Registers.read32(chip, 0x9160));
    UnitConfig config = UnitConfig.of(Chip.CALGARY, chip, 1, true);
    assertEquals(0x7f80_0007L, config.tar());
    assertEquals(0x2110_0000L, config.configRw());
  }

  @Test
  void firstWindowIsReservedToTheEndOfItsLastMebibyte() {
    Phb chip =
        new Phb()
            .with(0, PhbRegister.MEM_1_LOW, 0xe000_0000L)
            .with(0, PhbRegister.MEM_1_SIZE, 0xefe0_0000L);
    ReservedRegion window =
        new ReservedRegion(new AddressRange(0xe000_0000L, 0xefef_ffffL), Kind.MEM_1);
    assertEquals(List.of(EMERGENCY, LEGACY, window), ReservedRegions.of(Chip.CALGARY, chip, 0));
  }

  @Test
  void secondWindowIsReservedOnlyWhereItIsEnabled() {
    Phb chip =
        new Phb()
            .with(0, PhbRegister.MEM_1_HIGH, 1)
            .with(0, PhbRegister.MEM_2_HIGH, 0x10)
            .with(0, PhbRegister.MEM_2_SIZE_HIGH, 0x10)
            .with(0, PhbRegister.MEM_2_SIZE_LOW, 0x7ff0_0000L);
    assertEquals(List.of(EMERGENCY, LEGACY), ReservedRegions.of(Chip.CALGARY, chip, 0));
    chip.with(0, PhbRegister.CONFIG_RW, ConfigRw.MEM2_ENABLE.mask());
    ReservedRegion window =
        new ReservedRegion(new AddressRange(0x10_0000_0000L, 0x10_7fff_ffffL), Kind.MEM_2);
    assertEquals(List.of(EMERGENCY, LEGACY, window), ReservedRegions.of(Chip.CALGARY, chip, 0));
  }

  @Test
  void calioc2ReservesTheWholeFirstMebibyte() {
    assertEquals(
        List.of(EMERGENCY, new ReservedRegion(new AddressRange(0, 0xfffff), Kind.LOW_MEGABYTE)),
        ReservedRegions.of(Chip.CALIOC2));
  }
}
