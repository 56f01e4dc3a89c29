// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.HIGH;
import static org.crashlane.model.mode.swiotlb.SwiotlbFixture.NARROW;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.Era;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random traffic: what goes in comes out, by direction, and nothing else changes. */
class SwiotlbPropertyTest {
  private static final int ROUNDS = 30;
  private static final int STEPS = 400;

  /** Each live mapping has a buffer of its own, so that what comes out can be told. */
  private static final int BUFFER_BYTES = 16 << 10;

  private static final int BUFFER_COUNT = 60;

  private static final List<Direction> DIRECTIONS = List.of(Direction.values());

  /** Bytes as a value. */
  private static final class Bytes {
    private final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  private record Live(int buffer, DmaHandle handle, Bytes deviceSees, Bytes bufferHolds) {
    byte[] comesOut() {
      return (handle.direction().writes() ? deviceSees : bufferHolds).bytes;
    }
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void bytesOutAreBytesInByDirection(Era era) {
    for (long seed = 0; seed < ROUNDS; seed++) {
      new Traffic(era, seed).run();
    }
  }

  private static final class Traffic {
    private final SplittableRandom random;
    private final SwiotlbFixture machine;
    private final String where;
    private final List<Live> live = new ArrayList<>();
    private final List<Integer> buffers = new ArrayList<>();

    Traffic(Era era, long seed) {
      random = new SplittableRandom(seed);
      machine = new SwiotlbFixture(era, random.nextBoolean());
      where = era + " seed " + seed;
      for (int i = 0; i < BUFFER_COUNT; i++) {
        buffers.add(i);
      }
    }

    void run() {
      long empty = takenOf(machine.mapping);
      for (int step = 0; step < STEPS; step++) {
        if (live.isEmpty() || (!buffers.isEmpty() && random.nextBoolean())) {
          map();
        } else if (random.nextInt(3) == 0) {
          sync(live.get(random.nextInt(live.size())));
        } else {
          unmap(live.remove(random.nextInt(live.size())));
        }
      }
      while (!live.isEmpty()) {
        unmap(live.removeLast());
      }
      assertEquals(empty, takenOf(machine.mapping), where);
    }

    private static long takenOf(DmaMapping mapping) {
      return mapping.takenPageCount();
    }

    private void map() {
      int size = 1 + random.nextInt(random.nextInt(4) == 0 ? BUFFER_BYTES - 8 : 2000);
      int buffer = buffers.removeLast();
      long address = HIGH + (long) buffer * BUFFER_BYTES + random.nextInt(8);
      Direction direction = DIRECTIONS.get(random.nextInt(DIRECTIONS.size()));
      byte[] holds = machine.bytes(address, size);
      MapAttempt attempt = machine.attempt(NARROW, address, size, direction);
      if (!(attempt instanceof MapAttempt.Mapped mapped)) {
        buffers.add(buffer);
        return;
      }
      DmaHandle handle = mapped.handle();
      for (Live other : live) {
        assertFalse(
            other.handle().targetRange().overlaps(handle.targetRange()),
            () -> where + ": " + handle + " and " + other.handle());
      }
      byte[] sees = machine.bytes(handle.target(), size);
      if (direction.reads()) {
        assertArrayEquals(holds, sees, where);
      }
      if (direction.writes()) {
        random.nextBytes(sees);
        machine.write(handle.target(), sees);
      }
      live.add(new Live(buffer, handle, new Bytes(sees), new Bytes(holds)));
    }

    private void sync(Live mapping) {
      DmaHandle handle = mapping.handle();
      int size = (int) handle.sizeBytes();
      machine.mapping.syncForCpu(machine.cpu, NARROW, handle);
      assertArrayEquals(mapping.comesOut(), machine.bytes(handle.buffer(), size), where);
    }

    private void unmap(Live mapping) {
      DmaHandle handle = mapping.handle();
      int size = (int) handle.sizeBytes();
      byte[] beside = machine.bytes(handle.buffer() + size, 8);
      assertArrayEquals(mapping.deviceSees().bytes, machine.bytes(handle.target(), size), where);
      machine.mapping.unmap(machine.cpu, NARROW, handle);
      assertArrayEquals(mapping.comesOut(), machine.bytes(handle.buffer(), size), where);
      assertArrayEquals(beside, machine.bytes(handle.buffer() + size, 8), where);
      buffers.add(mapping.buffer());
    }
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void forkIsTheSameStateAndChangesByItself(Era era) {
    SwiotlbFixture machine = new SwiotlbFixture(era, false);
    machine.map(NARROW, HIGH, 5000, Direction.TO_DEVICE);
    DmaMapping fork = machine.mapping.fork();
    assertEquals(fingerprint(machine.mapping), fingerprint(fork));
    DmaHandle handle = machine.map(NARROW, HIGH, 100, Direction.TO_DEVICE);
    assertFalse(fingerprint(machine.mapping) == fingerprint(fork));
    assertEquals(
        new MapAttempt.Mapped(handle),
        fork.map(machine.cpu, NARROW, HIGH, 100, Direction.TO_DEVICE));
    assertEquals(fingerprint(machine.mapping), fingerprint(fork));
  }

  private static long fingerprint(DmaMapping mapping) {
    Fingerprint fingerprint = new Fingerprint();
    mapping.addTo(fingerprint);
    return fingerprint.value();
  }
}
