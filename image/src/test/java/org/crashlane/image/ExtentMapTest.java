// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.image.Extent.Content;
import org.junit.jupiter.api.Test;

final class ExtentMapTest {
  private static final int SPACE = 40;
  private static final List<Content> CONTENTS = List.of(Content.values());

  private static Extent extent(Content content, long first, long end, long offset, int segment) {
    return new Extent(content, first, end, offset, segment);
  }

  private static List<Extent> randomClaims(SplittableRandom random) {
    List<Extent> claims = new ArrayList<>();
    int count = random.nextInt(8);
    for (int segment = 0; segment < count; segment++) {
      long first = random.nextInt(SPACE - 1);
      long end = first + 1 + random.nextInt((int) (SPACE - first - 1) + 1);
      Content content = CONTENTS.get(random.nextInt(CONTENTS.size()));
      // Often the same distance from address to offset, so that extents join.
      long offset = first + 100L * random.nextInt(2);
      claims.add(extent(content, first, Math.min(end, SPACE), offset, segment));
    }
    return claims;
  }

  private static List<Extent> over(List<Extent> claims, long address) {
    return claims.stream()
        .filter(c -> c.range().contains(address))
        .sorted(Comparator.comparing(Extent::content).thenComparingInt(Extent::segment))
        .toList();
  }

  @Test
  void eachAddressIsWhatTheBestClaimOverItSays() {
    for (long seed = 0; seed < 5_000; seed++) {
      List<Extent> claims = randomClaims(new SplittableRandom(seed));
      ExtentMap map = ExtentMap.of(claims);
      for (long address = 0; address < SPACE; address++) {
        String where = "seed " + seed + ", address " + address + ", claims " + claims;
        List<Extent> expected = over(claims, address);
        List<Extent> found = over(map.extents(), address);
        assertEquals(Math.min(1, expected.size()), found.size(), where);
        if (!expected.isEmpty()) {
          assertEquals(expected.getFirst().content(), found.getFirst().content(), where);
          if (found.getFirst().content() == Content.PRESENT) {
            assertEquals(
                expected.getFirst().fileOffsetOf(address),
                found.getFirst().fileOffsetOf(address),
                where);
          }
        }
      }
    }
  }

  @Test
  void overlapsAreWhereTheTwoBestClaimsHoldTheBytesInTwoPlaces() {
    int overlapCount = 0;
    for (long seed = 0; seed < 5_000; seed++) {
      List<Extent> claims = randomClaims(new SplittableRandom(seed));
      ExtentMap map = ExtentMap.of(claims);
      for (long address = 0; address < SPACE; address++) {
        long at = address;
        List<Extent> best = over(claims, at);
        boolean expected =
            best.size() > 1
                && best.get(1).content() == Content.PRESENT
                && best.get(0).fileOffsetOf(at) != best.get(1).fileOffsetOf(at);
        long found = map.overlaps().stream().filter(o -> o.kept().range().contains(at)).count();
        assertEquals(expected ? 1 : 0, found, "seed " + seed + ", address " + address);
        overlapCount += expected ? 1 : 0;
      }
    }
    assertTrue(overlapCount > 1_000, "too few overlaps to prove anything: " + overlapCount);
  }

  @Test
  void extentsAreInOrderApartAndJoinedWhereTheyContinue() {
    for (long seed = 0; seed < 5_000; seed++) {
      List<Extent> extents = ExtentMap.of(randomClaims(new SplittableRandom(seed))).extents();
      for (int i = 1; i < extents.size(); i++) {
        Extent before = extents.get(i - 1);
        Extent next = extents.get(i);
        assertTrue(before.end() <= next.first(), "seed " + seed);
        assertTrue(!before.continuesIn(next), "seed " + seed);
      }
    }
  }

  @Test
  void addressesAboveTheMiddleOfSixtyFourBitsAreInOrderToo() {
    Extent high = extent(Content.PRESENT, -0x2000, -0x1000, 0, 0);
    Extent low = extent(Content.PRESENT, 0x1000, 0x2000, 0x1000, 1);
    assertEquals(List.of(low, high), ExtentMap.of(List.of(high, low)).extents());
  }

  @Test
  void noClaimsMakeNoExtentsAndAnEmptyExtentIsRefused() {
    assertEquals(List.of(), ExtentMap.of(List.of()).extents());
    assertThrows(IllegalArgumentException.class, () -> extent(Content.PRESENT, 5, 5, 0, 0));
  }
}
