// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.gart.Registers.ApertureBase;
import org.crashlane.iommu.gart.Registers.CacheCtl;
import org.crashlane.iommu.gart.Registers.TableBase;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Registers: values, what writes do to them, and the configuration they make. */
class RegistersTest {

  private static RegisterFile registers(long control) {
    Map<Integer, Long> values = Map.of(0x90, control, 0x94, 0x60L, 0x98, 0x007f_0000L);
    return new RegisterFile() {
      @Override
      public long read32(int offset) {
        return values.get(offset);
      }

      @Override
      public long read64(int offset) {
        throw new AssertionError("64 bits at " + offset);
      }
    };
  }

  @Test
  void baseIsCountedInUnitsOf32MiB() {
    assertEquals(0x60L, ApertureBase.encode(0xc000_0000L));
    assertEquals(0xc000_0000L, ApertureBase.decode(0x60L));
    assertEquals(0xff_fe00_0000L, ApertureBase.decode(0xffff_ffffL));
  }

  @Test
  void tableBaseIsShiftedByEight() {
    assertEquals(0x007f_0000L, TableBase.encode(0x7f00_0000L));
    assertEquals(0x7f00_0000L, TableBase.decode(0x007f_000fL));
  }

  @ParameterizedTest
  @ValueSource(longs = {0x1000, 0x100_0000_0000L, -1})
  void baseThatTheRegisterCannotHoldIsACallersMistake(long address) {
    assertThrows(IllegalArgumentException.class, () -> ApertureBase.encode(address));
    assertThrows(IllegalArgumentException.class, () -> TableBase.encode(address | 1));
  }

  @Test
  void registersSayAllOfAUnit() {
    UnitConfig config = UnitConfig.of(registers(0x3), false);
    assertEquals(Optional.of(new Aperture(0xc000_0000L, 1)), config.aperture());
    assertEquals(0x7f00_0000L, config.table());
    assertTrue(config.translationEnabled() && config.translatesDevices());
    assertTrue(config.translatesCpus());
    assertFalse(config.wholeMemory());
  }

  @ParameterizedTest(name = "F3x90 = {0}: enabled {1}, devices {2}, CPUs {3}")
  @CsvSource({
    "0x00, false, false, false",
    "0x01, true, true, true",
    "0x11, true, true, false",
    "0x21, true, false, true",
    "0x31, true, false, false",
    "0x30, false, false, false",
    "0x40, false, false, false",
    "0x41, true, true, true"
  })
  void eachSideIsSwitchedByItsBit(String control, boolean on, boolean devices, boolean cpus) {
    UnitConfig config = UnitConfig.of(registers(Long.decode(control)), true);
    assertEquals(on, config.translationEnabled());
    assertEquals(devices, config.translatesDevices());
    assertEquals(cpus, config.translatesCpus());
  }

  @Test
  void reservedSizeOfAnApertureThatIsOnIsMalformed() {
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> UnitConfig.of(registers(0xf), true));
    assertEquals(Registers.APERTURECTL.offset(), e.offset());
    assertThrows(IllegalArgumentException.class, () -> new UnitConfig(0xf, 0, 0, true));
  }

  @Test
  void reservedSizeOfAnApertureThatIsOffMeansNoAperture() {
    UnitConfig config = UnitConfig.of(registers(0xe), true);
    assertEquals(Optional.empty(), config.aperture());
    assertEquals(0, config.flat().entryCount());
    RecordedWalk walk = new RecordedWalk();
    config.flat().walk(SparseMemory.ofSize(0x1000), WalkLimits.DEFAULT, walk);
    assertEquals(List.of(), walk.tablePages());
  }

  @Test
  void valuesOfMoreThan32BitsAreACallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> new UnitConfig(0x1_0000_0000L, 0, 0, true));
    assertThrows(IllegalArgumentException.class, () -> new UnitConfig(0, -1, 0, true));
  }

  @Test
  void translatingUnitHasRegistersThatReadBack() {
    Aperture aperture = new Aperture(0x8000_0000L, 6);
    UnitConfig config = UnitConfig.translating(aperture, 0x12_3456_7000L);
    assertEquals(0xd, config.apertureControl());
    assertEquals(Optional.of(aperture), config.aperture());
    assertEquals(0x12_3456_7000L, config.table());
  }

  @ParameterizedTest(name = "CACHECTL {0}, written {1}, is {2}")
  @CsvSource({"0, 1, 0", "2, 1, 2", "2, 2, 0", "2, 3, 0", "0, 2, 0", "2, 0, 2", "4, 0, 4"})
  void cacheControlClearsItself(long before, long value, long after) {
    assertEquals(after, Registers.CACHECTL.written(before, value));
  }

  @Test
  void plainFieldsTakeWhatIsWrittenAndOtherBitsStay() {
    assertEquals(0xabcd_ef25L, Registers.APERTURECTL.written(0xabcd_ef13L, 0x25L));
    assertEquals(0x7f, Registers.APERTURECTL.taken());
    assertEquals(CacheCtl.GARTPTEERR.mask(), Registers.CACHECTL.cleared());
  }
}
