// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.crashlane.iommu.InterruptMachine.DISK;
import static org.crashlane.iommu.InterruptMachine.IO_APIC;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.iommu.InterruptMachine;
import org.crashlane.iommu.Window;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.InterruptsPrepared;
import org.crashlane.rule.Obstacle.NotPrepared;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Interrupt tables are armed and disarmed by the hand that does the page tables. */
final class InterruptArmingTest {
  private static final Target TARGET = new Target("/dev/shm/irq.ram", "memory of the test");
  private static final int VECTOR_COUNT = 207;

  @TempDir Path directory;

  private final InterruptMachine machine = new InterruptMachine();
  private byte[] before = {};

  @BeforeEach
  void setUp() {
    machine.remap(DISK, InterruptMachine.TABLE);
    machine.remap(IO_APIC, InterruptMachine.OTHER_TABLE);
    machine.entry(InterruptMachine.TABLE, 0, 1, 0x55);
    before = bytes();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[(int) machine.memory().ranges().getFirst().sizeBytes()];
    machine.memory().read(0, bytes, 0, bytes.length);
    return bytes;
  }

  private static final Note NOTE = new Note(Part.IOMMU, Fact.NO_IOMMU);

  private ArmingPlan plan(RequesterId... sources) {
    ArmingPlan nothing =
        new ArmingPlan(
            TARGET,
            Window.ofCrashRanges(List.of(InterruptMachine.CRASH)),
            List.of(),
            List.of(),
            List.of(),
            List.of(NOTE));
    return InterruptArming.with(nothing, interrupts(), List.of(sources));
  }

  private InterruptRemapping interrupts() {
    return machine.tables().interrupts();
  }

  private MemoryHand hand() {
    return new MemoryHand(TARGET, machine.memory(), machine.tables(), directory);
  }

  private long arriving(RequesterId source) {
    return InterruptRemapping.deviceVectors()
        .filter(v -> interrupts().fate(source, InterruptMessage.fixed(3, v)).brings(v))
        .count();
  }

  @Test
  void armedInterruptsArriveAndDisarmedMemoryIsAsItWas() throws IOException {
    assertInstanceOf(ArmResult.Armed.class, hand().arm(plan(DISK, IO_APIC)));
    assertEquals(VECTOR_COUNT, arriving(DISK));
    assertEquals(VECTOR_COUNT, arriving(IO_APIC));
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void sourcesThatShareATableShareTheStores() throws IOException {
    machine.remap(IO_APIC, InterruptMachine.TABLE);
    before = bytes();
    ArmingPlan plan = plan(DISK, IO_APIC);
    assertEquals(2 * VECTOR_COUNT, plan.stores().size());
    assertInstanceOf(ArmResult.Armed.class, hand().arm(plan));
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void anEntryThatWasTakenSinceStaysWithItsTaker() throws IOException {
    hand().arm(plan(DISK));
    machine.entry(InterruptMachine.TABLE, 0x31, 1, 0x77);
    assertEquals(2, hand().disarm().refused().size());
    assertEquals(0x101, machine.memory().readLong(InterruptMachine.TABLE + 0x31 * 16));
  }

  @Test
  void whatStandsAgainstIsANote() {
    machine.entry(InterruptMachine.TABLE, 0x31, 1, 0x77);
    List<Note> notes = plan(DISK).notes();
    assertEquals(NOTE, notes.getFirst());
    Hindrance hindrance =
        assertInstanceOf(NotPrepared.class, notes.get(1).evidence().getLast()).hindrance();
    assertEquals(List.of(0x31), hindrance.vectors());
    assertEquals("the primary has taken the entry", hindrance.why().term().meaning());
    assertEquals(
        new Note(new Requesters(DISK), new InterruptsPrepared(0, 206), new NotPrepared(hindrance)),
        notes.get(1));
  }
}
