// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LayoutTest {
  private static final BitField LOW = BitField.bits("LOW", 3, 0);
  private static final BitField MIDDLE = BitField.bits("MIDDLE", 11, 4);
  private static final BitField HIGH = BitField.bit("HIGH", 63);

  @Test
  void overlapIsRefusedAndNamesBothFields() {
    BitField across = BitField.bits("ACROSS", 4, 2);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Layout.of("word", LOW, across));
    assertTrue(e.getMessage().contains("LOW") && e.getMessage().contains("ACROSS"), e.getMessage());
  }

  @Test
  void overlapIsFoundInAnyOrder() {
    BitField all = BitField.bits("ALL", 63, 0);
    assertThrows(IllegalArgumentException.class, () -> Layout.of("word", MIDDLE, all, HIGH));
    assertThrows(IllegalArgumentException.class, () -> Layout.of("word", all, HIGH));
  }

  @Test
  void neighboursDoNotOverlap() {
    assertEquals(0x8000_0000_0000_0fffL, Layout.of("word", HIGH, LOW, MIDDLE).mask());
  }

  @Test
  void wordIsDescribedFromItsHighestFieldDown() {
    Layout layout = Layout.of("word", LOW, MIDDLE, HIGH);
    assertEquals("HIGH=0x1 MIDDLE=0x2a LOW=0x5", layout.describe(0x8000_0000_0000_02a5L));
    assertEquals("LOW=0x5", layout.describe(5));
    assertEquals("", layout.describe(0));
  }

  @Test
  void bitsOutsideTheFieldsAreShown() {
    Layout layout = Layout.of("word", LOW);
    assertEquals("LOW=0x1 ignored bits 0x30", layout.describe(0x31));
    assertEquals("ignored bits 0x30", layout.describe(0x30));
  }
}
