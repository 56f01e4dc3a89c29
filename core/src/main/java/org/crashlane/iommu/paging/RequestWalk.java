// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.EntryFormat.Kind;
import org.crashlane.iommu.paging.RequestChecks.Check;
import org.crashlane.iommu.paging.RequestChecks.RightsChecked;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** One request's way through page tables, entry by entry as hardware goes. */
public final class RequestWalk {
  private final Paging paging;
  private final EntryFormat format;
  private final RequestChecks checks;
  private final boolean wholeMemory;

  /**
   * @param paging how the tables are made
   * @param wholeMemory true if what cannot be read cannot be read by hardware either
   */
  public RequestWalk(Paging paging, boolean wholeMemory) {
    this.paging = paging;
    this.format = paging.format();
    this.checks = paging.checks();
    this.wholeMemory = wholeMemory;
  }

  /**
   * {@return what becomes of {@code request}}
   *
   * @param table the tables it goes through
   * @param sink receives each entry, and the leaf or the gap that the way ends at
   */
  public Outcome translate(
      PhysicalMemory memory, Request request, TableId table, Faults faults, WalkSink sink) {
    Geometry geometry = table.geometry();
    long iova = request.iova();
    if (!paging.translates(geometry, iova)) {
      return faults.blocked(request, checks.failure(Check.ADDRESS, 0, 0));
    }
    int level = geometry.levels();
    long at = geometry.entryAddress(table.root(), iova, level);
    Permissions rights = Permissions.READ_WRITE;
    while (true) {
      long entry;
      try {
        entry = memory.readLong(at);
      } catch (UnreadableMemoryException e) {
        sink.unreadable(e.address());
        Check unread = level == geometry.levels() ? Check.TOP_TABLE : Check.TABLE;
        return faults.unreadable(request, e, checks.failure(unread, 0, level), wholeMemory);
      }
      sink.entry(level, at, entry);
      rights = rights.and(format.rights(entry, level));
      Kind kind = format.kind(entry, level);
      if (kind == Kind.EMPTY) {
        sink.absent(iova, level);
      }
      boolean mayPass = mayPass(request, rights, kind);
      if (!mayPass && checks.rightsChecked() == RightsChecked.BEFORE_FIELDS) {
        return faults.blocked(request, checks.denied(request.access(), rights));
      }
      if (kind == Kind.UNSETTLED) {
        return new Outcome.Unknown(at, format.reason(entry, level));
      }
      if (kind == Kind.EMPTY || kind == Kind.WRONG) {
        Check check = kind == Kind.EMPTY ? Check.PRESENCE : Check.FIELDS;
        return faults.blocked(request, checks.failure(check, entry, level));
      }
      if (!mayPass) {
        return faults.blocked(request, checks.denied(request.access(), rights));
      }
      if (kind == Kind.LEAF) {
        long physical = format.physical(entry, level, iova);
        sink.leaf(iova, level, physical - geometry.offset(physical, level), rights);
        return reached(request, physical, faults);
      }
      int next = format.nextLevel(entry, level);
      if (!geometry.reaches(geometry.offset(iova, level), next)) {
        return faults.blocked(request, checks.failure(Check.SKIPPED_BITS, entry, level));
      }
      level = next;
      at = geometry.entryAddress(format.target(entry), iova, level);
    }
  }

  private boolean mayPass(Request request, Permissions rights, Kind kind) {
    return rights.allows(request.access())
        || (kind == Kind.TABLE && checks.rightsChecked() == RightsChecked.AT_LEAF);
  }

  /**
   * {@return what becomes of {@code request} by what a unit remembers of its way} A remembered leaf
   * decides: where it does not let the request pass, the tables are not asked again.
   *
   * @param value as {@link Iotlb#find} found it
   */
  public Outcome remembered(Iotlb iotlb, long value, Request request, Faults faults) {
    if (Iotlb.allows(value, request.access())) {
      return reached(request, iotlb.physical(value, request.iova()), faults);
    }
    boolean asAbsent =
        value == Iotlb.ABSENT && checks.rightsChecked() != RightsChecked.BEFORE_FIELDS;
    return faults.blocked(
        request,
        asAbsent
            ? checks.failure(Check.PRESENCE, 0, 0)
            : checks.denied(request.access(), Iotlb.permissions(value)));
  }

  private Outcome reached(Request request, long physical, Faults faults) {
    return checks.blocksTarget(physical)
        ? faults.blocked(request, checks.failure(Check.TARGET, 0, 0))
        : new Outcome.Reached(physical);
  }
}
