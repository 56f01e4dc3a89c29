// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import static org.crashlane.model.mode.gart.GartFixture.APERTURE;
import static org.crashlane.model.mode.gart.GartFixture.HIGH;
import static org.crashlane.model.mode.gart.GartFixture.NARROW;
import static org.crashlane.model.mode.gart.GartFixture.WIDE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.TableFact;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.ArmReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GartMappingTest {
  private static final long BUFFER = HIGH.first() + 0x3000;
  private static final int PAGE_BYTES = 4096;

  /** Entries of 32 MiB, less the emergency pages. */
  private static final int FREE_COUNT = 8192 - 32;

  @Test
  void deviceThatReachesTheBufferIsGivenItsAddress() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, WIDE, BUFFER + 5, 100);
    assertEquals(BUFFER + 5, handle.busAddress());
    assertEquals(32, mapping.takenPageCount());
    mapping.unmap(machine.cpu, WIDE, handle);
    assertEquals(32, mapping.takenPageCount());
  }

  @Test
  void deviceThatDoesNotIsGivenAnAddressInTheApertureBehindTheEmergencyPages() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER + 5, PAGE_BYTES);
    assertEquals(APERTURE.first() + 32 * PAGE_BYTES + 5, handle.busAddress());
    assertEquals(BUFFER + 5, handle.target());
    assertEquals(34, mapping.takenPageCount());
    assertEquals(
        new Outcome.Reached(BUFFER + 5 + PAGE_BYTES - 1),
        machine.request(NARROW, handle.bus().last()));
  }

  @ParameterizedTest
  @CsvSource({"LINUX_2_6_27, true", "LINUX_6, false"})
  void bufferThatEndsAtTheMaskIsRemappedBeforeAndNotToday(Era era, boolean remapped) {
    GartFixture machine = new GartFixture(era, GartFixture.PLAIN);
    long last = NARROW.dmaMask() + 1 - 64;
    DmaHandle handle = machine.map(machine.boot(), NARROW, last, 64);
    assertEquals(remapped, APERTURE.contains(handle.busAddress()));
  }

  /** The aperture lies across the end of what the device reaches: it has its lower half alone. */
  @Test
  void ofTheApertureADeviceIsGivenWhatItReachesAndNoMore() {
    long base = NARROW.dmaMask() + 1 - (32 << 20);
    GartFixture machine = new GartFixture(Era.LINUX_6, new ModeSpec.Gart(base, 1, 1, true, false));
    DmaMapping mapping = machine.boot();
    long mapped = 0;
    for (int count = 1024; count > 0; count /= 2) {
      while (mapping.map(
              machine.cpu, NARROW, HIGH.first(), (long) count * PAGE_BYTES, Direction.FROM_DEVICE)
          instanceof MapAttempt.Mapped attempt) {
        assertTrue(attempt.handle().bus().last() <= NARROW.dmaMask(), attempt.toString());
        mapped += count;
      }
    }
    assertEquals(FREE_COUNT, mapped);
  }

  @Test
  void unmappedEntryLeadsToTheScratchPage() {
    GartFixture machine = new GartFixture(Era.LINUX_6, GartFixture.PLAIN);
    DmaMapping mapping = machine.boot();
    DmaHandle first = machine.map(mapping, NARROW, BUFFER, 1);
    DmaHandle second = machine.map(mapping, NARROW, BUFFER + PAGE_BYTES, 1);
    mapping.unmap(machine.cpu, NARROW, first);
    Outcome scratch = machine.request(NARROW, APERTURE.last() + 1 - PAGE_BYTES);
    assertEquals(scratch, machine.request(NARROW, first.busAddress()));
    assertNotEquals(new Outcome.Reached(BUFFER), scratch);
    assertEquals(
        new Outcome.Reached(BUFFER + PAGE_BYTES), machine.request(NARROW, second.busAddress()));
  }

  @Test
  void pageGivenBackIsHandedOutAgainAfterTheWrapAndAFlush() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle first = machine.map(mapping, NARROW, BUFFER, 1);
    machine.request(NARROW, first.busAddress());
    mapping.unmap(machine.cpu, NARROW, first);
    for (int i = 1; i < FREE_COUNT; i++) {
      DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 1);
      assertEquals(first.busAddress() + (long) i * PAGE_BYTES, handle.busAddress());
      mapping.unmap(machine.cpu, NARROW, handle);
    }
    DmaHandle again = machine.map(mapping, NARROW, BUFFER + PAGE_BYTES, 1);
    assertEquals(first.busAddress(), again.busAddress());
    assertEquals(
        new Outcome.Reached(BUFFER + PAGE_BYTES), machine.request(NARROW, again.busAddress()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fullFlushLeavesNothingStaleBehindTheNextMapping(boolean fullFlush) {
    GartFixture machine =
        new GartFixture(
            Era.LINUX_2_6_27, new ModeSpec.Gart(APERTURE.first(), 0, 2, true, fullFlush));
    DmaMapping mapping = machine.boot();
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 1);
    for (DeviceSpec device : List.of(NARROW, GartFixture.SECOND)) {
      machine.request(device, handle.busAddress());
    }
    mapping.unmap(machine.cpu, NARROW, handle);
    machine.map(mapping, NARROW, BUFFER, 1);
    for (DeviceSpec device : List.of(NARROW, GartFixture.SECOND)) {
      boolean stale =
          new Outcome.Reached(BUFFER).equals(machine.request(device, handle.busAddress()));
      assertEquals(!fullFlush, stale);
    }
  }

  @Test
  void fullApertureFailsTheMapping() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaHandle all = machine.map(mapping, NARROW, HIGH.first(), (long) FREE_COUNT * PAGE_BYTES);
    assertEquals(8192, mapping.takenPageCount());
    assertEquals(
        Reason.of(Why.OUT_OF_SPACE, new Reason.Size(PAGE_BYTES)),
        machine.failure(mapping, NARROW, BUFFER, PAGE_BYTES));
    mapping.unmap(machine.cpu, NARROW, all);
    assertEquals(all.busAddress(), machine.map(mapping, NARROW, BUFFER, 1).busAddress());
  }

  @Test
  void bufferBeyondFortyBitsIsRefused() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    assertEquals(Why.ENTRY_TOO_NARROW, machine.failure(mapping, NARROW, (1L << 40) - 1, 2).term());
    machine.map(mapping, NARROW, (1L << 40) - 1, 1);
  }

  @Test
  void deviceIsGivenNoAddressBeyondItsMask() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DeviceSpec half = GartFixture.device("half", "00:05.0", 25, "");
    assertEquals(Why.OUT_OF_SPACE, machine.failure(mapping, half, BUFFER, 1).term());
    DeviceSpec whole = GartFixture.device("whole", "00:06.0", 26, "");
    machine.map(mapping, whole, BUFFER, 1);
  }

  @Test
  void reservedAddressesAreNotHandedOutAndThoseElsewhereDoNotMatter() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    AddressRange across =
        new AddressRange(APERTURE.first() - PAGE_BYTES, APERTURE.first() + 40 * PAGE_BYTES - 1);
    mapping.reserve(machine.cpu, List.of(GartFixture.CRASH, across), List.of(NARROW));
    assertEquals(40, mapping.takenPageCount());
    assertEquals(
        APERTURE.first() + 40 * PAGE_BYTES, machine.map(mapping, NARROW, BUFFER, 1).busAddress());
  }

  @Test
  void armingNeedsNothingOutsideTheAperture() {
    GartFixture machine = GartFixture.plain();
    assertEquals(
        ArmReport.NOTHING_NEEDED,
        machine.boot().arm(machine.cpu, List.of(GartFixture.CRASH), List.of(NARROW)));
  }

  @Test
  void armingUnderTheApertureIsRefused() {
    GartFixture machine = GartFixture.plain();
    AddressRange under = AddressRange.ofSize(APERTURE.last() + 1 - PAGE_BYTES, 2 * PAGE_BYTES);
    ArmReport report = machine.boot().arm(machine.cpu, List.of(under), List.of(NARROW));
    assertEquals(
        List.of(
            Reason.of(
                Why.NOT_ARMED,
                new Reason.Addresses(0x3fff000, 0x4000fff),
                new Reason.Because(
                    Reason.of(TableFact.APERTURE, new Reason.Addresses(0x2000000, 0x3ffffff))))),
        report.refusals());
  }

  @ParameterizedTest
  @EnumSource(Era.class)
  void liveMappingsReachTheirBuffersAndNoTwoShareAPageOfTheAperture(Era era) {
    for (long seed = 0; seed < 20; seed++) {
      new Traffic(era, seed).run();
    }
  }

  /** Random mappings by two devices behind two northbridges. */
  private static final class Traffic {
    private final SplittableRandom random;
    private final GartFixture machine;
    private final DmaMapping mapping;
    private final String where;
    private final List<DmaHandle> live = new ArrayList<>();

    Traffic(Era era, long seed) {
      random = new SplittableRandom(seed);
      where = era + " seed " + seed;
      machine =
          new GartFixture(
              era, new ModeSpec.Gart(APERTURE.first(), 0, 2, true, random.nextInt(4) == 0));
      mapping = machine.boot();
    }

    void run() {
      for (int step = 0; step < 3_000; step++) {
        if (live.isEmpty() || random.nextInt(100) < 52) {
          map();
        } else {
          mapping.unmap(machine.cpu, NARROW, live.remove(random.nextInt(live.size())));
        }
        if (!live.isEmpty()) {
          check(live.get(random.nextInt(live.size())));
        }
      }
      live.forEach(handle -> mapping.unmap(machine.cpu, NARROW, handle));
      assertEquals(32, mapping.takenPageCount(), where);
    }

    private void map() {
      long size = 1 + random.nextLong(random.nextInt(8) == 0 ? 1 << 20 : 3 * PAGE_BYTES);
      long buffer = HIGH.first() + random.nextLong(HIGH.sizeBytes() - size);
      MapAttempt attempt = mapping.map(machine.cpu, NARROW, buffer, size, Direction.BIDIRECTIONAL);
      if (attempt instanceof MapAttempt.Mapped mapped) {
        AddressRange pages = pages(mapped.handle());
        live.forEach(other -> assertTrue(!pages(other).overlaps(pages), where));
        live.add(mapped.handle());
      }
    }

    private static AddressRange pages(DmaHandle handle) {
      AddressRange bus = handle.bus();
      return new AddressRange(bus.first() / PAGE_BYTES * PAGE_BYTES, bus.last() | (PAGE_BYTES - 1));
    }

    private void check(DmaHandle handle) {
      long offset = random.nextLong(handle.sizeBytes());
      DeviceSpec device = random.nextBoolean() ? NARROW : GartFixture.SECOND;
      assertEquals(
          new Outcome.Reached(handle.target() + offset),
          machine.request(device, handle.busAddress() + offset),
          where);
    }
  }

  @Test
  void forkIsTheSameStateAndChangesByItself() {
    GartFixture machine = GartFixture.plain();
    DmaMapping mapping = machine.boot();
    DmaMapping fork = mapping.fork();
    assertEquals(GartFixture.fingerprint(mapping), GartFixture.fingerprint(fork));
    DmaHandle handle = machine.map(mapping, NARROW, BUFFER, 1);
    assertNotEquals(GartFixture.fingerprint(mapping), GartFixture.fingerprint(fork));
    assertEquals(handle, machine.map(fork, NARROW, BUFFER, 1));
    assertEquals(GartFixture.fingerprint(mapping), GartFixture.fingerprint(fork));
  }
}
