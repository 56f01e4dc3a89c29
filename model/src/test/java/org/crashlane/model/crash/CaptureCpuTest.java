// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.Consumer;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

/** Whatever the capture kernel's CPU does to what is not its own is seen. */
final class CaptureCpuTest {
  private static final long REGISTER = 0xfed9_0000L;
  private static final long OWN = 0x4_0000;
  private static final long PRIMARYS = 0x3_f000;

  private static long touches(Consumer<CaptureCpu> act) {
    World world =
        World.boot(
            SmallMachine.plan(MappingMode.VTD, Strategy.IDENTITY), new Background(1), Trace.NONE);
    act.accept(world.captureCpu());
    return world.violations().count(Kind.IOMMU_TOUCHED);
  }

  @Test
  void everyAccessToARegisterIsSeen() {
    assertEquals(1, touches(cpu -> cpu.mmio().read32(REGISTER)));
    assertEquals(1, touches(cpu -> cpu.mmio().read64(REGISTER + 8)));
    assertEquals(1, touches(cpu -> cpu.mmio().write32(REGISTER + 0x18, 0)));
    assertEquals(1, touches(cpu -> cpu.mmio().write64(REGISTER + 0x20, 0)));
    assertEquals(1, touches(cpu -> cpu.config().read32(0)));
    assertEquals(1, touches(cpu -> cpu.config().write32(0, 0)));
  }

  @Test
  void everyAccessToMemoryOfThePrimaryIsSeen() {
    byte[] bytes = new byte[8];
    assertEquals(1, touches(cpu -> cpu.memory().readLong(PRIMARYS)));
    assertEquals(1, touches(cpu -> cpu.memory().read(PRIMARYS, bytes, 0, 8)));
    assertEquals(1, touches(cpu -> cpu.memory().readLongs(PRIMARYS, new long[1], 1)));
    assertEquals(1, touches(cpu -> cpu.memory().writeLong(PRIMARYS, 1)));
    assertEquals(1, touches(cpu -> cpu.memory().writeLongs(PRIMARYS, new long[1], 1)));
  }

  @Test
  void anAccessThatBeginsInItsOwnMemoryAndEndsInThePrimarysIsSeen() {
    assertEquals(1, touches(cpu -> cpu.memory().writeLongs(OWN - 8, new long[2], 2)));
  }

  @Test
  void itsOwnMemoryIsItsOwn() {
    assertEquals(
        0,
        touches(cpu -> {
          for (long at : List.of(OWN, 0x7_fff8L)) {
            cpu.memory().writeLong(at, cpu.memory().readLong(at));
          }
        }));
  }
}
