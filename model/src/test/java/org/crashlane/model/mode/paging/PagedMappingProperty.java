// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import static org.crashlane.model.mode.paging.PagedMachine.DISK;
import static org.crashlane.model.mode.paging.PagedMachine.MODEM;
import static org.crashlane.model.mode.paging.PagedMachine.NIC;
import static org.crashlane.model.mode.paging.PagedMachine.PAGE;
import static org.crashlane.model.mode.paging.PagedMachine.SOUND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.spec.DeviceSpec;

/** Random maps and unmaps: devices reach exactly what is mapped for them, through warm caches. */
public final class PagedMappingProperty {
  private static final int STEPS = 400;
  private static final List<DeviceSpec> USED = List.of(DISK, NIC, SOUND, MODEM);

  private static final List<Direction> DIRECTIONS = List.of(Direction.values());

  /** A live mapping and whose it is. */
  private record Live(DeviceSpec device, DmaHandle handle) {}

  private PagedMappingProperty() {}

  /** Maps and unmaps at random, and has devices try what is mapped and what no longer is. */
  public static void holds(PagedMachine machine, long seed) {
    DmaMapping primary = machine.boot();
    Random random = new Random(seed);
    List<Live> live = new ArrayList<>();
    List<Live> dead = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      if (live.isEmpty() || random.nextInt(3) > 0) {
        map(machine, primary, random, live);
      } else {
        Live gone = live.remove(random.nextInt(live.size()));
        primary.unmap(machine.cpu, gone.device(), gone.handle());
        dead.add(gone);
      }
      check(machine, live, dead, "seed " + seed + " step " + step);
    }
    live.forEach(each -> primary.unmap(machine.cpu, each.device(), each.handle()));
    dead.addAll(live);
    check(machine, List.of(), dead, "seed " + seed + " at the end");
    assertEquals(0, primary.takenPageCount(), "seed " + seed + ": a leak");
  }

  private static void map(
      PagedMachine machine, DmaMapping primary, Random random, List<Live> live) {
    DeviceSpec device = USED.get(random.nextInt(USED.size()));
    long buffer = 0x30_0000L + random.nextInt(0x10_0000);
    int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 40_000 : 5_000);
    Direction direction = DIRECTIONS.get(random.nextInt(DIRECTIONS.size()));
    DmaHandle handle = machine.map(primary, device, buffer, size, direction);
    for (Live other : live) {
      if (other.device().requester().equals(device.requester())) {
        assertFalse(
            pages(handle).overlaps(pages(other.handle())), handle + " and " + other.handle());
      }
    }
    live.add(new Live(device, handle));
  }

  private static AddressRange pages(DmaHandle handle) {
    return new AddressRange(
        handle.busAddress() & -PAGE, (handle.busAddress() + handle.sizeBytes() - 1) | (PAGE - 1));
  }

  private static boolean isLive(DeviceSpec device, long iova, List<Live> live) {
    return live.stream()
        .anyMatch(other ->
            other.device().requester().equals(device.requester())
                && pages(other.handle()).contains(iova));
  }

  private static void check(PagedMachine machine, List<Live> live, List<Live> dead, String where) {
    for (Live each : live) {
      DmaHandle handle = each.handle();
      long last = handle.sizeBytes() - 1;
      for (long offset = 0; offset <= last; offset += Math.max(1, Math.min(PAGE, last - offset))) {
        for (Access access : Access.values()) {
          Outcome outcome = machine.dma(each.device(), handle.busAddress() + offset, access);
          assertEquals(
              handle.direction().allows(access),
              outcome.equals(new Outcome.Reached(handle.buffer() + offset)),
              () -> where + ": " + handle + " " + access + ": " + outcome);
        }
      }
    }
    for (Live each : dead) {
      AddressRange pages = pages(each.handle());
      for (long at = pages.first(); at < pages.last(); at += PAGE) {
        if (isLive(each.device(), at, live)) {
          continue; // Another mapping of its domain has this page of it now.
        }
        Outcome outcome = machine.dma(each.device(), at, Access.READ);
        assertEquals(
            Outcome.Blocked.class, outcome.getClass(), () -> where + ": unmapped " + each.handle());
      }
    }
  }
}
