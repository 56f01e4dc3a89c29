// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.gart.ApertureProblem.Kind;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes of apertures, and where they may lie. */
class ApertureTest {

  private static List<Kind> kinds(Aperture aperture, AddressRange... memory) {
    return aperture.problems(List.of(memory)).stream().map(ApertureProblem::kind).toList();
  }

  @ParameterizedTest(name = "order {0}: {1} MiB, {2} entries, {3} KiB of table")
  @CsvSource({
    "0, 32, 8192, 32",
    "1, 64, 16384, 64",
    "2, 128, 32768, 128",
    "3, 256, 65536, 256",
    "4, 512, 131072, 512",
    "5, 1024, 262144, 1024",
    "6, 2048, 524288, 2048"
  })
  void orderMakesTheSize(int order, long mebibytes, int entryCount, long tableKibibytes) {
    Aperture aperture = new Aperture(0x8000_0000L, order);
    assertEquals(mebibytes << 20, aperture.sizeBytes());
    assertEquals(entryCount, aperture.entryCount());
    assertEquals(tableKibibytes << 10, aperture.tableBytes());
    assertEquals(aperture.sizeBytes() / 1024, aperture.tableBytes());
    assertEquals(aperture, Aperture.ofSize(0x8000_0000L, mebibytes << 20));
    assertEquals(List.of(), kinds(aperture));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 7})
  void otherOrdersAreACallersMistake(int order) {
    assertThrows(IllegalArgumentException.class, () -> new Aperture(0x8000_0000L, order));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 48 << 20, 16 << 20, 4L << 30})
  void otherSizesAreACallersMistake(long sizeBytes) {
    assertThrows(IllegalArgumentException.class, () -> Aperture.ofSize(0, sizeBytes));
  }

  @Test
  void addressesInsideHaveTheirEntry() {
    Aperture aperture = GartFixture.APERTURE;
    assertEquals(0, aperture.indexOf(0xc000_0fffL));
    assertEquals(1, aperture.indexOf(0xc000_1000L));
    assertEquals(16383, aperture.indexOf(0xc3ff_ffffL));
    assertEquals(0xc3ff_f000L, aperture.addressOf(16383));
    for (String outside : List.of("0xbfffffff", "0xc4000000", "0xffffffffffffffff", "0")) {
      assertFalse(aperture.contains(Hex.parse(outside)));
      assertThrows(
          IllegalArgumentException.class, () -> aperture.indexOf(Hex.parse(outside)), outside);
    }
  }

  @Test
  void baseThatIsNoMultipleOfTheSizeIsAProblem() {
    assertEquals(List.of(Kind.NOT_ALIGNED), kinds(new Aperture(0xc200_0000L, 1)));
    assertEquals(List.of(), kinds(new Aperture(0xc200_0000L, 0)));
  }

  @Test
  void apertureMayEndAtFourGibibytesAndNotAbove() {
    assertEquals(List.of(), kinds(new Aperture(0xfe00_0000L, 0)));
    assertEquals(List.of(Kind.BEYOND_4_GIB), kinds(new Aperture(0x1_0000_0000L, 0)));
    assertEquals(
        List.of(Kind.NOT_ALIGNED, Kind.BEYOND_4_GIB), kinds(new Aperture(0xfe00_0000L, 1)));
  }

  @Test
  void apertureThatWasNeverSetIsAProblem() {
    assertEquals(List.of(Kind.AT_ZERO), kinds(new Aperture(0, 0)));
  }

  @Test
  void memoryUnderTheApertureIsToldPieceByPiece() {
    Aperture aperture = new Aperture(0x2000_0000L, 1);
    AddressRange low = new AddressRange(0x1000, 0x2000_0fffL);
    AddressRange middle = new AddressRange(0x2100_0000L, 0x2100_ffffL);
    AddressRange high = new AddressRange(0x23ff_f000L, 0xbfff_ffffL);
    AddressRange clear = AddressRange.ofSize(0x1_0000_0000L, 1L << 30);
    List<ApertureProblem> problems = aperture.problems(List.of(low, middle, high, clear));
    assertEquals(
        List.of(
            new AddressRange(0x2000_0000L, 0x2000_0fffL),
            middle,
            new AddressRange(0x23ff_f000L, 0x23ff_ffffL)),
        problems.stream().map(ApertureProblem::where).toList());
    assertTrue(problems.stream().allMatch(p -> p.kind() == Kind.OVER_RAM));
    assertEquals(
        "0x21000000-0x2100ffff: memory lies under the aperture", problems.get(1).toString());
  }

  @Test
  void memoryBesideTheApertureIsNoProblem() {
    assertEquals(
        List.of(),
        kinds(
            GartFixture.APERTURE,
            new AddressRange(0, 0xbfff_ffffL),
            new AddressRange(0xc400_0000L, 0xc400_0fffL)));
  }
}
