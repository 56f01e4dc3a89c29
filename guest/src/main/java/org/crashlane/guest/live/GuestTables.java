// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.arming.Target;
import org.crashlane.arming.TargetLock;
import org.crashlane.guest.live.StoppedTables.Purpose;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * All that a guest's IOMMU tables said.
 *
 * @param readWhileRunning true if the guest could not be stopped: the parts are of several moments
 * @param state the unit's registers
 * @param functions what is on the PCI buses
 * @param attachments the device tables; empty if the unit does not translate
 * @param malformations what is wrong with the device tables
 * @param tables each address space once, in the order of its first device
 */
public record GuestTables(
    boolean readWhileRunning,
    UnitState state,
    List<PciFunction> functions,
    List<Attachment> attachments,
    List<Malformation> malformations,
    List<Listing> tables) {

  /** More than a real domain has ever been seen to hold; a hostile guest must not fill memory. */
  public static final int LISTED_MAX = 1 << 20;

  public GuestTables {
    functions = List.copyOf(functions);
    attachments = List.copyOf(attachments);
    malformations = List.copyOf(malformations);
    tables = List.copyOf(tables);
  }

  /** {@return true if no table page was left unread} */
  public boolean isWhole() {
    return Stream.concat(
            malformations.stream(), tables.stream().flatMap(t -> t.malformations().stream()))
        .noneMatch(Malformation::isUnread);
  }

  /** {@return what the function is, for people; empty if there is none on the buses} */
  public String name(RequesterId requester) {
    return functions.stream()
        .filter(f -> f.requester().equals(requester))
        .map(PciFunction::name)
        .findFirst()
        .orElse("");
  }

  /**
   * One address space.
   *
   * @param table which
   * @param devices who goes through it
   * @param mappings in IOVA order, coalesced; the first {@link #LISTED_MAX} of them
   * @param unlistedCount how many mappings there are beyond these
   * @param malformations what is wrong with it; the first {@link #LISTED_MAX} things
   */
  public record Listing(
      TableId table,
      List<RequesterId> devices,
      List<Mapping> mappings,
      long unlistedCount,
      List<Malformation> malformations) {

    public Listing {
      devices = List.copyOf(devices);
      mappings = List.copyOf(mappings);
      malformations = List.copyOf(malformations);
    }
  }

  /** Looks at the tables of a guest while it is stopped, if it can be, and no hand is on it. */
  static GuestTables look(Guest guest, Target target, List<Path> markFolders) throws IOException {
    List<PciFunction> functions = guest.pciFunctions();
    return whileStopped(
        guest, target, markFolders, (stopped, tables) -> read(guest, stopped, tables, functions));
  }

  /** Looks at the tables of a guest. */
  @FunctionalInterface
  interface Look<T> {
    /** {@return what was seen} */
    T at(StoppedTables stopped, TranslationTables tables) throws IOException;
  }

  /** Looks at a guest while it is stopped, if it can be, and no hand is on it. */
  static <T> T whileStopped(Guest guest, Target target, List<Path> markFolders, Look<T> look)
      throws IOException {
    StoppedTables stopped = new StoppedTables(guest, markFolders);
    try (TargetLock held = TargetLock.acquire(target)) {
      return stopped.during(held, Purpose.LOOK, tables -> look.at(stopped, tables));
    }
  }

  /**
   * Reads, and asks at the end whether the guest ran meanwhile: where no hand can write, none locks
   * it, and somebody else who looked at it may have let it go on.
   */
  static GuestTables read(
      Guest guest, StoppedTables stopped, TranslationTables tables, List<PciFunction> functions)
      throws IOException {
    UnitState state = tables.state();
    if (state.isPassing()) {
      return new GuestTables(
          stopped.readWhileRunning(), state, functions, List.of(), List.of(), List.of());
    }
    DeviceTables found = tables.devices();
    List<Listing> listings = new ArrayList<>();
    found
        .spaces()
        .forEach((table, devices) -> {
          Collector collector = new Collector();
          tables.walk(table, collector);
          listings.add(
              new Listing(
                  table,
                  devices,
                  collector.mappings,
                  collector.unlistedCount,
                  collector.malformations));
        });
    boolean readWhileRunning = stopped.readWhileRunning() || guest.qmp().isRunning();
    return new GuestTables(
        readWhileRunning, state, functions, found.attachments(), found.malformations(), listings);
  }

  private static final class Collector implements WalkVisitor {
    private final List<Mapping> mappings = new ArrayList<>();
    private final List<Malformation> malformations = new ArrayList<>();
    private long unlistedCount;

    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      if (mappings.size() == LISTED_MAX) {
        unlistedCount++;
        return;
      }
      AddressRange iova = new AddressRange(iovaFirst, iovaLast);
      mappings.add(new Mapping(iova, physicalFirst, permissions));
    }

    @Override
    public void malformed(Malformation malformation) {
      if (malformations.size() < LISTED_MAX) {
        malformations.add(malformation);
      }
    }
  }
}
