// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages in compatibility format, and what becomes of them, in words. */
final class InterruptMessageTest {

  /** As Linux writes them for a disk on processor 0, and in flat logical mode. */
  @ParameterizedTest
  @CsvSource({
    "0xfee00000, 0x31, 0, false, 0x31, FIXED",
    "0xfee01004, 0x4121, 1, true, 0x21, LOWEST_PRIORITY",
    "0xfeeff00c, 0xc5ef, 0xff, true, 0xef, INIT",
    "0xfee03000, 0x700, 3, false, 0, EXT_INT",
  })
  void fieldsAreWhereTheProcessorManualHasThem(
      String address,
      String data,
      String destination,
      boolean logical,
      String vector,
      String mode) {
    InterruptMessage message = new InterruptMessage(Long.decode(address), Integer.decode(data));
    assertEquals(
        new InterruptTarget(
            Long.decode(destination), logical, Integer.decode(vector), DeliveryMode.valueOf(mode)),
        message.target());
  }

  @Test
  void aFixedMessageIsWhatItWasMadeOf() {
    for (int destination = 0; destination <= 0xff; destination++) {
      int vector = 0xff - destination;
      assertEquals(
          new InterruptTarget(destination, false, vector, DeliveryMode.FIXED),
          InterruptMessage.fixed(destination, vector).target());
    }
  }

  @Test
  void aMessageOutsideTheWindowIsNone() {
    assertThrows(IllegalArgumentException.class, () -> new InterruptMessage(0xfef0_0000L, 0));
  }

  @Test
  void onlyABroadcastReachesWhicheverProcessorAsked() {
    assertTrue(new InterruptTarget(0xff, false, 0x31, DeliveryMode.FIXED).brings(0x31));
    assertTrue(
        new InterruptTarget(0xffff_ffffL, false, 0x31, DeliveryMode.FIXED, true).brings(0x31));
    assertFalse(new InterruptTarget(0xff, false, 0x31, DeliveryMode.FIXED, true).brings(0x31));
    assertFalse(new InterruptTarget(0xffff_ffffL, false, 0x31, DeliveryMode.FIXED).brings(0x31));
    assertFalse(new InterruptTarget(0xff, true, 0x31, DeliveryMode.FIXED).brings(0x31));
    assertFalse(new InterruptTarget(0, false, 0x31, DeliveryMode.FIXED).brings(0x31));
    assertFalse(new InterruptTarget(0xff, false, 0x32, DeliveryMode.FIXED).brings(0x31));
    assertFalse(new InterruptTarget(0xff, false, 0x31, DeliveryMode.NMI).brings(0x31));
  }

  @Test
  void withoutRemappingEveryMessagePasses() {
    InterruptRemapping none = InterruptRemapping.none();
    assertFalse(none.enabled());
    InterruptRemapping.deviceVectors()
        .forEach(vector ->
            assertTrue(
                none.fate(InterruptRemappingContract.SOURCE, InterruptMessage.fixed(1, vector))
                    .brings(vector)));
  }
}
