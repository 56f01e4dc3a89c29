// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;

/**
 * One arming: identity-maps ranges in one table after another, all of a table's or none, with the
 * largest leaves that fit.
 */
final class Arming {
  private final Cpu cpu;
  private final DriverUnits units;
  private final PageFrames frames;
  private final List<AddressRange> ranges;
  private final long freeBytesBefore;
  private final List<Mapping> conflicts = new ArrayList<>();
  private final List<Reason> refusals = new ArrayList<>();
  private long leafCount;
  private long changedEntryCount;

  Arming(Cpu cpu, Domains domains, List<AddressRange> ranges) {
    this.cpu = cpu;
    this.units = domains.units();
    this.frames = domains.frames();
    this.ranges = ranges;
    this.freeBytesBefore = frames.freeBytes();
  }

  void refuse(RequesterId device, Reason why) {
    refusals.add(notArmed(device).with(new Reason.Because(why)));
  }

  private void refuse(RequesterId device, MapResult.Refused refused) {
    AddressRange range = refused.range();
    refusals.add(
        notArmed(device)
            .with(new Reason.Addresses(range.first(), range.last()))
            .with(new Reason.Because(refused.reason())));
  }

  private static Reason notArmed(RequesterId device) {
    return Reason.of(Why.NOT_ARMED, new Reason.Device(device.value()));
  }

  /** Arms the tables of {@code domain}. */
  void arm(Domain domain) {
    OptionalInt needed = survey(domain);
    if (needed.isEmpty()) {
      return;
    }
    long[] pages = take(needed.getAsInt());
    if (pages.length < needed.getAsInt()) {
      Arrays.stream(pages).forEach(this::giveBack);
      refuse(
          domain.requester(),
          Reason.of(Why.TABLE_PAGES, new Reason.Needed(needed.getAsInt(), pages.length)));
      return;
    }
    write(domain, pages);
    if (units.cachesAbsent(domain.unit())) {
      units.flush(cpu, domain);
    }
  }

  /** {@return how many table pages it takes at most, or nothing if something is in the way} */
  private OptionalInt survey(Domain domain) {
    int needed = 0;
    boolean free = true;
    for (AddressRange range : ranges) {
      switch (units.survey(cpu.memory(), domain, identity(range))) {
        case MapResult.Mapped possible -> needed += possible.tablePageCount();
        case MapResult.Conflict conflict -> {
          conflicts.addAll(conflict.conflicts());
          free = false;
        }
        case MapResult.Refused refused -> {
          refuse(domain.requester(), refused);
          free = false;
        }
      }
    }
    return free ? OptionalInt.of(needed) : OptionalInt.empty();
  }

  private Mapping identity(AddressRange range) {
    return new Mapping(range, units.physical(range.first()), Permissions.READ_WRITE);
  }

  private void write(Domain domain, long[] pages) {
    EntryCount memory = new EntryCount(cpu.memory());
    PageArena arena = PageArena.of(pages);
    for (AddressRange range : ranges) {
      switch (units.map(memory, domain, identity(range), arena)) {
        case MapResult.Mapped mapped -> leafCount += mapped.leafCount();
        case MapResult.Conflict conflict -> conflicts.addAll(conflict.conflicts());
        case MapResult.Refused refused -> refuse(domain.requester(), refused);
      }
    }
    changedEntryCount += memory.count();
    Arrays.stream(pages).skip(arena.takenCount()).forEach(this::giveBack);
  }

  private long[] take(int count) {
    long[] pages = new long[count];
    for (int taken = 0; taken < count; taken++) {
      OptionalLong page = frames.takePage();
      if (page.isEmpty()) {
        return Arrays.copyOf(pages, taken);
      }
      pages[taken] = page.getAsLong();
    }
    return pages;
  }

  private void giveBack(long page) {
    frames.giveBack(page, PageFrames.PAGE_BYTES);
  }

  ArmReport report() {
    long pageBytes = freeBytesBefore - frames.freeBytes();
    long tableBytes = pageBytes + changedEntryCount * Long.BYTES;
    return new ArmReport(
        new ArmingCost(pageBytes / PageFrames.PAGE_BYTES, leafCount, tableBytes, 0),
        conflicts,
        refusals);
  }
}
