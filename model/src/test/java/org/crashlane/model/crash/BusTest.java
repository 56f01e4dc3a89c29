// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages that are read in one go are each held against what the driver meant. */
final class BusTest {
  private static final int PAGES = 2;

  /** In the upper half of the crash range, which the capture kernel keeps for tables. */
  private static final long MAPPED = 0x7_8000;

  @ParameterizedTest
  @CsvSource({"0, 0", "0x1000, 2"})
  void aPageThatIsAnotherThanWasMeantIsAstray(long off, int astray) {
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, Strategy.IDENTITY);
    World world = World.boot(plan, new Background(1), Trace.NONE);
    new Schedule(List.of(), 1).replay(world, _ -> {});
    AddressRange bus = AddressRange.ofSize(MAPPED, (long) PAGES * Page.BYTES);
    long target = MAPPED + off;
    world
        .captureLedger()
        .add(
            world.dumpDevice(),
            new DmaHandle(bus.first(), target, target, bus.sizeBytes(), Direction.TO_DEVICE));
    DmaDevice disk = world.device(world.dumpDevice());
    assertEquals(PAGES, new Bus(world).readPages(disk, bus.first(), new Page[PAGES]));
    assertEquals(astray, world.violations().count(Kind.CAPTURE_ASTRAY));
  }
}
