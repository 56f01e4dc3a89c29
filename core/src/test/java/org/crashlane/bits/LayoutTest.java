// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LayoutTest {
  private static final BitField P = BitField.bit("P", 0);
  private static final BitField AW = BitField.bits("AW", 5, 3);
  private static final BitField TOP = BitField.bits("TOP", 63, 60);
  private static final Layout WORD = Layout.of("word", AW, TOP, P);

  @Test
  void fieldsStandHighestFirst() {
    assertEquals(List.of(TOP, AW, P), WORD.fields());
    assertEquals(0xf000_0000_0000_0039L, WORD.mask());
  }

  @ParameterizedTest
  @CsvSource({
    "0x0,''",
    "0x1,P=0x1",
    "0x3000000000000009,TOP=0x3 AW=0x1 P=0x1",
    "0x46,ignored bits 0x46",
    "0xf000000000000046,TOP=0xf ignored bits 0x46",
    "0x28,AW=0x5"
  })
  void wordsAreDescribedByWhatIsNotZero(String word, String text) {
    assertEquals(text, WORD.describe(Hex.parse(word)));
  }

  @Test
  void fieldsAreCollectedAsTheyAreDeclared() {
    Layout.Fields fields = Layout.named("word");
    assertEquals(P, fields.bit("P", 0));
    assertEquals(TOP, fields.bits("TOP", 63, 60));
    assertEquals(AW, fields.bits("AW", 5, 3));
    assertEquals(WORD, fields.layout());
    fields.bit("OTHER", 4);
    assertThrows(IllegalArgumentException.class, fields::layout);
  }

  @ParameterizedTest
  @CsvSource({"5,3", "4,4", "63,0", "3,0", "6,5"})
  void overlappingFieldsAreRefusedByName(int high, int low) {
    BitField other = BitField.bits("OTHER", high, low);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Layout.of("word", AW, other));
    assertEquals(2, e.getMessage().split("AW|OTHER", -1).length - 1, e.getMessage());
  }

  @Test
  void someFieldsOfAWordHaveItsName() {
    assertEquals(Layout.of("word", TOP), WORD.only(TOP));
  }

  @Test
  void neighboursDoNotOverlap() {
    Layout layout =
        Layout.of("word", AW, BitField.bits("BELOW", 2, 0), BitField.bits("ABOVE", 63, 6));
    assertEquals(-1L, layout.mask());
  }

  @Test
  void layoutWithoutFieldsIgnoresAllBits() {
    Layout empty = Layout.of("empty");
    assertEquals(0, empty.mask());
    assertEquals("ignored bits 0x5", empty.describe(5));
  }
}
