// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Obstacle.NotMapped;
import org.crashlane.rule.Reading.Mapped;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Reading back: a window is mapped to itself as a whole, with each of the rights it asks for. */
class IdentityCheckTest {
  private static final AddressRange RANGE = new AddressRange(0x10000, 0x1ffff);

  private static Optional<Evidence> problem(Window window, Mapping... mappings) {
    IdentityCheck check = new IdentityCheck(window);
    for (Mapping m : mappings) {
      check.mapping(m.iova().first(), m.iova().last(), m.physicalFirst(), m.permissions());
    }
    return check.problem();
  }

  private static Mapping identity(long first, long last, Permissions rights) {
    return new Mapping(new AddressRange(first, last), first, rights);
  }

  @ParameterizedTest
  @EnumSource(Permissions.class)
  void aCrashRangeHasToBeReadAndWritten(Permissions rights) {
    Mapping last = identity(0x1f000, 0x1ffff, rights);
    Optional<Evidence> expected =
        rights == Permissions.READ_WRITE ? Optional.empty() : Optional.of(new Mapped(last));
    assertEquals(
        expected,
        problem(Window.ofCrashRange(RANGE), identity(0, 0x1efff, Permissions.READ_WRITE), last));
  }

  @ParameterizedTest
  @EnumSource(Permissions.class)
  void aDoorbellHasToBeWritten(Permissions rights) {
    assertEquals(
        rights.allows(Access.WRITE),
        problem(Window.ofDoorbell(RANGE), identity(0x10000, 0x1ffff, rights)).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"0x11000, 0x1ffff, 0x10000", "0x10000, 0x1effe, 0x1efff"})
  void theFirstHoleIsNamed(String first, String last, String hole) {
    assertEquals(
        Optional.of(new NotMapped(Long.decode(hole))),
        problem(
            Window.ofCrashRange(RANGE),
            identity(Long.decode(first), Long.decode(last), Permissions.READ_WRITE)));
  }
}
