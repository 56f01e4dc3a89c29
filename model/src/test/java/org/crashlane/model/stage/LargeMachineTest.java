// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As many units, devices and ranges of memory as large machines have, and terabytes of it. */
class LargeMachineTest {
  private static final int UNIT_COUNT = 64;
  private static final int RANGE_COUNT = 256;
  private static final int DEVICE_COUNT = 4096;
  private static final long RANGE_BYTES = 32L << 30;
  private static final long FIRST_HIGH = 1L << 32;

  /** Of each unit's devices 8 times 32 are on one bus. */
  private MachineSpec machine(int deviceCount) {
    StringBuilder text = new StringBuilder("name: large\nsummary: many of everything\n");
    text.append("crash: [0x10000000-0x1fffffff]\nram:\n  - 0x0-0x7fffffff\n");
    for (int i = 0; i < RANGE_COUNT - 1; i++) {
      long first = FIRST_HIGH + i * RANGE_BYTES;
      text.append("  - 0x%x-0x%x%n".formatted(first, first + RANGE_BYTES - 0x100001));
    }
    text.append("mapping:\n  mode: vtd\n  host-address-width: 52\n  units:\n");
    for (int i = 0; i < UNIT_COUNT; i++) {
      text.append(
          "    - {name: unit-%d, registers: 0x%x, segment: %d, address-width: 48}%n"
              .formatted(i, (1L << 51) + i * 0x1000L, i));
    }
    text.append("devices:\n");
    for (int i = 0; i < deviceCount; i++) {
      int unit = i % UNIT_COUNT;
      int number = i / UNIT_COUNT;
      text.append(
          "  - {name: dev-%d, address: \"%04x:00:%02x.%d\", unit: unit-%d, kind: %s}%n"
              .formatted(
                  i,
                  unit,
                  number / 8,
                  number % 8,
                  unit,
                  i == 0 ? "storage, dump-path: true" : "receiver"));
    }
    return MachineFile.read("large", text.toString());
  }

  private static void rehearse(MachineSpec machine) throws Exception {
    Rehearsal rehearsal =
        new ModelStage(machine, 1)
            .rehearse(Scenario.of(machine.mode(), Strategy.IDENTITY), _ -> {});
    assertEquals(Verdict.Answer.HOLDS, rehearsal.verdict().answer());
    assertTrue(rehearsal.observations().dump() instanceof DumpOutcome.Written);
  }

  @Test
  void manyUnitsDevicesAndRangesAreRead() {
    MachineSpec machine = machine(DEVICE_COUNT);
    assertEquals(DEVICE_COUNT, machine.devices().size());
    assertEquals(RANGE_COUNT, machine.ram().size());
    assertEquals(UNIT_COUNT, ((ModeSpec.Paging) machine.modeSpec()).units().size());
    assertTrue(machine.memoryEnd() > 7L << 40);
  }

  @Test
  void terabytesOfMemoryBehindManyUnitsAreRehearsed() throws Exception {
    rehearse(machine(2 * UNIT_COUNT));
  }

  @Test
  @Tag("long")
  void manyDevicesAreRehearsed() throws Exception {
    rehearse(machine(DEVICE_COUNT));
  }
}
