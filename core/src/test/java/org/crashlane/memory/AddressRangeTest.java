// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.crashlane.bits.Hex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressRangeTest {
  private static final AddressRange ALL = new AddressRange(0, -1);

  private static AddressRange range(String text) {
    return AddressRange.parse(text);
  }

  @ParameterizedTest
  @CsvSource({"1,0", "-1,0", "-1,-2", "0x4000000000000000,0x3fffffffffffffff"})
  void rangesDoNotEndBeforeTheyBegin(String first, String last) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new AddressRange(Long.decode(first), Long.decode(last)));
  }

  @Test
  void wrongEndsAreNamed() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new AddressRange(-1, 16));
    assertEquals("range ends before it begins: 0xffffffffffffffff-0x10", e.getMessage());
  }

  @Test
  void bothEndsAreIncluded() {
    AddressRange range = range("1000-1fff");
    assertEquals(new AddressRange(0x1000, 0x1fff), range);
    assertEquals(4096, range.sizeBytes());
    assertEquals(range, AddressRange.ofSize(0x1000, 4096));
    assertEquals(1, AddressRange.ofSize(5, 1).sizeBytes());
    assertEquals(0, ALL.sizeBytes());
    assertEquals("0x1000-0x1fff", range.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "0x1000,0x1000,1000-1fff",
    "0xfffffffffffff000,0x1000,fffffffffffff000-ffffffffffffffff",
    "0xfffffffffffff000,0x1001,fffffffffffff000-ffffffffffffffff",
    "0xffffffffffffffff,0x1,ffffffffffffffff-ffffffffffffffff",
    "0x5,0xffffffffffffffff,5-ffffffffffffffff"
  })
  void clippedRangesEndWithTheLastAddress(String start, String size, String range) {
    assertEquals(range(range), AddressRange.clipped(Hex.parse(start), Hex.parse(size)));
  }

  @ParameterizedTest
  @CsvSource({
    "0xfff,false",
    "0x1000,true",
    "0x1800,true",
    "0x1fff,true",
    "0x2000,false",
    "0xffffffffffffffff,false"
  })
  void containsItsEndsAndNoMore(String address, boolean inside) {
    assertEquals(inside, range("1000-1fff").contains(Hex.parse(address)));
  }

  @ParameterizedTest
  @CsvSource({
    // other, contained, overlaps, intersection
    "1000-1fff,true,true,1000-1fff",
    "1001-1ffe,true,true,1001-1ffe",
    "1000-2000,false,true,1000-1fff",
    "fff-1fff,false,true,1000-1fff",
    "0-ffffffffffffffff,false,true,1000-1fff",
    "0-fff,false,false,",
    "0-1000,false,true,1000-1000",
    "1fff-2000,false,true,1fff-1fff",
    "2000-2fff,false,false,",
    "8000000000000000-ffffffffffffffff,false,false,"
  })
  void rangesAreComparedUnsigned(
      String other, boolean contained, boolean overlaps, String intersection) {
    AddressRange range = range("1000-1fff");
    assertEquals(contained, range.contains(range(other)));
    assertEquals(overlaps, range.overlaps(range(other)));
    assertEquals(overlaps, range(other).overlaps(range));
    Optional<AddressRange> wanted = Optional.ofNullable(intersection).map(AddressRange::parse);
    assertEquals(wanted, range.intersection(range(other)));
    assertEquals(wanted, range(other).intersection(range));
  }

  @Test
  void orderIsByFirstThenLastUnsigned() {
    List<AddressRange> ordered =
        List.of(
            range("0-0"), range("0-5"), range("1-1"), range("8000000000000000-8000000000000000"));
    List<AddressRange> shuffled = Stream.of(3, 1, 0, 2).map(ordered::get).sorted().toList();
    assertEquals(ordered, shuffled);
    assertEquals(0, range("1-2").compareTo(range("1-2")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1000", "-", "1000-", "-1fff", "1000-1fff-", "x-y", "2000-1000"})
  void whatIsNoRangeIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> range(text));
  }

  @Test
  void whatIsWantedIsSaid() {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> range("1000"));
    assertEquals(
        "not a range: '1000' (expected FIRST-LAST in hexadecimal, both included)", e.getMessage());
  }

  @Test
  void overlapIsWhatSharedAddressesSay() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 2000; i++) {
      AddressRange a = AddressRange.ofSize(random.nextInt(12), random.nextInt(1, 6));
      AddressRange b = AddressRange.ofSize(random.nextInt(12), random.nextInt(1, 6));
      long[] shared =
          LongStream.rangeClosed(0, 20).filter(x -> a.contains(x) && b.contains(x)).toArray();
      assertEquals(shared.length > 0, a.overlaps(b), a + " " + b);
      a.intersection(b)
          .ifPresent(common -> {
            assertEquals(shared.length, common.sizeBytes(), a + " " + b);
            assertTrue(a.contains(common) && b.contains(common));
          });
      assertEquals(shared.length > 0, a.intersection(b).isPresent());
    }
  }

  @Test
  void whatIsLeftWithoutAnotherIsWhatThatHasNot() {
    SplittableRandom random = new SplittableRandom(12);
    for (int i = 0; i < 2000; i++) {
      AddressRange a = AddressRange.ofSize(random.nextInt(12), random.nextInt(1, 6));
      AddressRange b = AddressRange.ofSize(random.nextInt(12), random.nextInt(1, 6));
      List<AddressRange> left = a.without(b);
      for (long x = 0; x <= 20; x++) {
        long at = x;
        long count = left.stream().filter(range -> range.contains(at)).count();
        assertEquals(a.contains(x) && !b.contains(x) ? 1 : 0, count, a + " " + b);
      }
    }
    AddressRange high = new AddressRange(-8, -1);
    assertEquals(List.of(new AddressRange(-8, -5)), high.without(new AddressRange(-4, -1)));
    assertEquals(List.of(high), high.without(new AddressRange(0, 7)));
  }
}
