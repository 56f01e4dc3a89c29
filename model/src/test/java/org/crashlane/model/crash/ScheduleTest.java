// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScheduleTest {
  private static final MachineSpec MACHINE = SmallMachine.of(MappingMode.VTD);
  private static final Workload VARIED = new Workload(4, -1, true, 1 << 16);
  private static final Background BACKGROUND = new Background(5);

  @Test
  void everyActionIsReadBackFromItsText() {
    for (Action.Kind kind : Action.Kind.values()) {
      for (int device = 0; device < MACHINE.devices().size(); device++) {
        int variants = kind == Action.Kind.POST ? Driver.VARIANT_COUNT : 1;
        for (int variant = 0; variant < variants; variant++) {
          boolean plain = !Action.text(Action.of(kind), MACHINE).contains(":");
          int action = plain ? Action.of(kind) : Action.of(kind, device, variant);
          assertEquals(action, Action.parse(Action.text(action, MACHINE), MACHINE));
        }
      }
    }
  }

  @Test
  void actionsAreWrittenWithTheirDeviceAndTheirKindOfBuffer() {
    int post = Action.of(Action.Kind.POST, 0, 2);
    assertEquals("post2:nic", Action.text(post, MACHINE));
    assertEquals("panic", Action.text(Action.of(Action.Kind.PANIC), MACHINE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jump",
        "post",
        "panic:nic",
        "",
        " ",
        "post;nic",
        "post7:nic",
        "post99999999999:nic",
        "step1:nic",
        "panic1"
      })
  void whatIsNoActionIsToldAsIs(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Action.parse(text, MACHINE))
            .getMessage();
    assertTrue(message.contains("'" + text + "'"), message);
  }

  @Test
  void aScheduleOfCommasIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Schedule.parse(",,", 1, MACHINE));
  }

  @Test
  void aDeviceThatTheMachineHasNotIsNamed() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Action.parse("post:tape", MACHINE))
            .getMessage();
    assertEquals("the machine has no device 'tape'", message);
  }

  @Test
  void theEmptyScheduleIsWrittenAsThePanicThatEndsIt() {
    Schedule empty = new Schedule(List.of(), 1);
    assertEquals("panic", empty.text(MACHINE));
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, Strategy.NONE);
    Crash crash = new Crash(plan, BACKGROUND);
    CrashResult one = crash.replay(empty, Trace.NONE);
    CrashResult other = crash.replay(Schedule.parse("panic", 1, MACHINE), Trace.NONE);
    assertEquals(one.stepCount(), other.stepCount());
    assertEquals(one.violations().all(), other.violations().all());
  }

  @ParameterizedTest
  @EnumSource
  void aScheduleReadFromItsTextComesToTheSame(MappingMode mode) {
    for (long seed = 0; seed < 8; seed++) {
      CrashPlan plan = SmallMachine.plan(mode, Strategy.OFF).withWorkload(VARIED);
      Crash crash = new Crash(plan, BACKGROUND);
      CrashResult first = crash.random(seed, 60, Trace.NONE);
      String text = first.schedule().text(plan.machine());
      Schedule read = Schedule.parse(text, seed, plan.machine());
      assertEquals(first.schedule(), read);
      CrashResult again = crash.replay(read, Trace.NONE);
      assertEquals(first.violations().all(), again.violations().all(), text);
      assertEquals(first.stepCount(), again.stepCount(), text);
      assertEquals(Results.differingBytes(first), Results.differingBytes(again), text);
    }
  }
}
