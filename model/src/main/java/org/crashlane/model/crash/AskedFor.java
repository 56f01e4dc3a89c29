// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Subject;

/**
 * What the devices that share a table were given: what drivers mapped for them, what firmware has
 * them use, and the crash ranges where these were armed. The primary's tables are held against it
 * by the walk that the judge reads them by: what they map beyond it, a device reaches though nobody
 * gave it.
 */
final class AskedFor {
  private final World world;
  private final long encryptionMask;
  private final List<Part> parts = new ArrayList<>();

  /**
   * Whole pages that were asked for in one go.
   *
   * @param iova at which bus addresses
   * @param target physical address of the first
   * @param writes true if a device may write there
   */
  private record Part(AddressRange iova, long target, boolean writes) {
    boolean allows(long at, long physical, boolean wantsToWrite) {
      return iova.contains(at)
          && physical - target == at - iova.first()
          && (writes || !wantsToWrite);
    }
  }

  private AskedFor(World world) {
    this.world = world;
    this.encryptionMask = world.plan().machine().encryption().addressMask();
  }

  /** {@return what was asked for by the devices that {@code requesters} stand for} */
  static AskedFor by(World world, Set<RequesterId> requesters) {
    AskedFor asked = new AskedFor(world);
    List<DeviceSpec> devices = world.plan().machine().devices();
    for (int i = 0; i < devices.size(); i++) {
      DeviceSpec device = devices.get(i);
      if (requesters.contains(device.requester()) || requesters.contains(device.address())) {
        asked.add(device, i);
      }
    }
    return asked;
  }

  private void add(DeviceSpec device, int index) {
    for (DmaHandle handle : world.primaryLedger().live(index)) {
      AddressRange pages = pages(handle.bus());
      long target = Alignment.down(handle.target(), Page.BYTES) & ~encryptionMask;
      parts.add(new Part(pages, target, handle.direction().writes()));
    }
    if (device.onDumpPath() && world.plan().arms()) {
      world.plan().armed().forEach(this::addIdentity);
    }
  }

  private void addIdentity(AddressRange range) {
    AddressRange pages = pages(range);
    parts.add(new Part(pages, pages.first() & ~encryptionMask, true));
  }

  private static AddressRange pages(AddressRange range) {
    return new AddressRange(
        Alignment.down(range.first(), Page.BYTES),
        Alignment.down(range.last(), Page.BYTES) + Page.BYTES - 1);
  }

  /** {@return true if a device may read {@code physical} by bus address {@code iova}} */
  boolean allows(long iova, long physical) {
    return parts.stream().anyMatch(part -> part.allows(iova, physical, false));
  }

  /** Notes what the primary's tables map, as they stand, and nobody asked for. */
  static void check(World world) {
    MachineSpec machine = world.plan().machine();
    Map<TableId, Set<RequesterId>> sharers = new LinkedHashMap<>();
    Map<TableId, TranslationTables> tables = new LinkedHashMap<>();
    for (UnitTables unit : world.remapper().tables(machine, world.memory())) {
      unit.tables()
          .devices()
          .spaces()
          .forEach((table, devices) -> {
            tables.put(table, unit.tables());
            devices.forEach(device ->
                sharers
                    .computeIfAbsent(table, _ -> new TreeSet<>())
                    .add(device.inSegment(unit.segment())));
          });
    }
    tables.forEach((table, unit) -> {
      AskedFor asked = by(world, sharers.get(table));
      unit.walk(table, asked.new Walk(unit.isolates()));
    });
  }

  /** Is told all that a table maps. */
  private final class Walk implements WalkVisitor {
    private final boolean knowsRights;

    /**
     * @param knowsRights false of an aperture, whose entries cannot say that a page is only read
     */
    Walk(boolean knowsRights) {
      this.knowsRights = knowsRights;
    }

    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      for (long at = iovaFirst; at - 1 != iovaLast; ) {
        long physical = physicalFirst + (at - iovaFirst);
        long last = lastAsked(at, physical, knowsRights && permissions.allows(Access.WRITE));
        if (last == at - 1) {
          unasked(at, physical, iovaLast - at + 1, permissions);
          return;
        }
        at = Long.compareUnsigned(last, iovaLast) < 0 ? last + 1 : iovaLast + 1;
      }
    }

    private long lastAsked(long at, long physical, boolean writes) {
      for (Part part : parts) {
        if (part.allows(at, physical, writes)) {
          return part.iova().last();
        }
      }
      return at - 1;
    }

    private void unasked(long iova, long physical, long sizeBytes, Permissions permissions) {
      world.violated(
          Kind.MAPPED_UNASKED,
          (which, step) ->
              new Violation(
                  which,
                  step,
                  Subject.Part.IOMMU_TABLES,
                  iova,
                  physical,
                  sizeBytes,
                  List.of(
                      new Mapped(
                          new Mapping(
                              AddressRange.ofSize(iova, sizeBytes), physical, permissions)))));
    }

    @Override
    public void malformed(Malformation malformation) {
      // What is wrong in a table maps nothing; the rule's verdict tells it.
    }
  }
}
