// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.crashlane.bits.BitField;
import org.junit.jupiter.api.Test;

/** What a write leaves of each kind of field, and what a read shows. */
class RegisterTest {
  private static final int ALL = 0xff;

  private final Register.Fields fields = Register.named("EXAMPLE", AccessKind.READ_ONLY);
  private final BitField status = fields.bit("STATUS", 0);
  private final BitField enable = fields.bit("ENABLE", 1, AccessKind.READ_WRITE);
  private final BitField fault = fields.bit("FAULT", 2, AccessKind.ONE_TO_CLEAR);
  private final BitField start = fields.bit("START", 3, AccessKind.ONE_SHOT);
  private final BitField secret = fields.bit("SECRET", 4, AccessKind.WRITE_ONLY);
  private final Register register = fields.at(0x18, 4);

  private static long bits(BitField... set) {
    long bits = 0;
    for (BitField field : set) {
      bits |= field.mask();
    }
    return bits;
  }

  @Test
  void onesGoWhereTheyAreTakenAndClearWhatTheyClear() {
    assertEquals(bits(enable, secret), register.written(0, ALL));
    assertEquals(
        bits(status, enable, secret),
        register.written(bits(status, enable, fault, start, secret), ALL));
  }

  @Test
  void zerosClearWhatIsTakenAndWhatIsDoneAndLeaveTheRest() {
    assertEquals(
        bits(status, fault), register.written(bits(status, enable, fault, start, secret), 0));
  }

  @Test
  void whatIsOnlyWrittenReadsAsZero() {
    assertEquals(bits(status, enable), register.read(bits(status, enable, secret)));
  }

  @Test
  void fieldsThatAUnitDoesNotHaveAreReadOnly() {
    Register without = register.only(fault);
    assertEquals(bits(enable, start), without.written(bits(enable, fault, start), ALL));
    assertEquals(bits(secret), without.read(bits(secret)));
  }
}
