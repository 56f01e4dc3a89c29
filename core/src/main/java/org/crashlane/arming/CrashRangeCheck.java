// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.Overlap;
import org.crashlane.rule.Obstacle.Place;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.CrashRange;

/**
 * Is this memory reserved for a capture kernel at all? A range of the boot before, once the kernel
 * has moved its reservation, is ordinary memory, and to map it would hand it to every device. The
 * IOMMU's own tables in it, and mappings that lead into it from elsewhere, give it away.
 */
final class CrashRangeCheck implements WalkVisitor {
  private static final long TABLE_PAGES_MAX = 1 << 20;

  private final AddressRange crash;
  private final List<Evidence> signs = new ArrayList<>();
  private long tablePageCount;

  private CrashRangeCheck(AddressRange crash) {
    this.crash = crash;
  }

  /** {@return why {@code crash} cannot be a crash range of the kernel that runs now} */
  static Optional<Refusal> of(AddressRange crash, TranslationTables tables, DeviceTables devices) {
    CrashRangeCheck check = new CrashRangeCheck(crash);
    for (AddressRange page : devices.pages()) {
      if (crash.overlaps(page)) {
        check.signs.add(new Overlap(Place.DEVICE_TABLE, page));
      }
    }
    devices.spaces().keySet().forEach(table -> tables.walk(table, check));
    return check.signs.isEmpty() ? Optional.empty() : Optional.of(check.refusal());
  }

  private Refusal refusal() {
    return new Refusal(
        Kind.CRASH_RANGE,
        new CrashRange(crash),
        List.of(Fact.NOT_A_CRASH_RANGE, signs.getFirst()),
        List.of(Step.NAME_CRASH_RANGE));
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    boolean identity = iovaFirst == physicalFirst;
    AddressRange physical = new AddressRange(physicalFirst, physicalFirst + (iovaLast - iovaFirst));
    if (!identity && crash.overlaps(physical)) {
      signs.add(new Mapped(Mapping.of(iovaFirst, iovaLast, physicalFirst, permissions)));
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    // What cannot be read gives nothing away; other checks refuse it where it matters.
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    tablePageCount++;
    AddressRange page = AddressRange.ofSize(address, sizeBytes);
    if (crash.overlaps(page)) {
      signs.add(new Overlap(Place.PAGE_TABLE, page));
    }
  }

  /** One sign is enough, and hostile tables shall not cost more than any machine's. */
  @Override
  public boolean isEnough() {
    return !signs.isEmpty() || tablePageCount >= TABLE_PAGES_MAX;
  }
}
