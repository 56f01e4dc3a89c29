// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.linux.LinuxView.UnitOfDevice;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The units of a DMAR table as Linux has them in its list, and its search for the unit of a device
 * ({@code dmar_register_drhd_unit} in {@code drivers/iommu/intel/dmar.c}, {@code
 * device_lookup_iommu} in {@code iommu.c}).
 */
final class DmarUnits implements TableUnits {
  private final Dmar dmar;
  private final List<Drhd> registered = new ArrayList<>();
  private final List<Drhd> passedOver = new ArrayList<>();
  private final List<Drhd> searched;

  /** What a scope names, and the first place of the search order where it is found. */
  private final Map<Name, Integer> places = new HashMap<>();

  /** What a scope can name. */
  private sealed interface Name {
    record Device(int segment, int bus, List<DeviceScope.Hop> path) implements Name {}

    record BehindBridge(int segment, int bus, List<DeviceScope.Hop> path) implements Name {}

    /** I/O APICs, HPETs and ACPI devices have one number space in the machine each. */
    record Numbered(DeviceScope.Kind kind, int number) implements Name {}

    record AllOfSegment(int segment) implements Name {}
  }

  DmarUnits(Dmar dmar) {
    this.dmar = dmar;
    record Address(int segment, long registerBase) {}
    Set<Address> taken = new HashSet<>();
    Deque<Drhd> named = new ArrayDeque<>();
    List<Drhd> takingAll = new ArrayList<>();
    for (Drhd unit : dmar.units()) {
      if (!taken.add(new Address(unit.segment(), unit.registerBase()))) {
        passedOver.add(unit);
        continue;
      }
      registered.add(unit);
      if (unit.includesAllPci()) {
        takingAll.add(unit);
      } else {
        // Linux adds these at the head of its list, so that the last of the table comes first.
        named.addFirst(unit);
      }
    }
    searched = Stream.concat(named.stream(), takingAll.stream()).toList();
    for (int place = 0; place < searched.size(); place++) {
      Drhd unit = searched.get(place);
      for (DeviceScope scope : unit.scopes()) {
        remember(unit, scope, place);
      }
      if (unit.includesAllPci()) {
        places.putIfAbsent(new Name.AllOfSegment(unit.segment()), place);
      }
    }
  }

  private void remember(Drhd unit, DeviceScope scope, int place) {
    switch (scope.kind()) {
      case PCI_ENDPOINT -> rememberDevice(unit, scope, place);
      case PCI_SUB_HIERARCHY -> {
        rememberDevice(unit, scope, place);
        places.putIfAbsent(
            new Name.BehindBridge(unit.segment(), scope.startBus(), scope.path()), place);
      }
      case IOAPIC, MSI_CAPABLE_HPET, ACPI_NAMESPACE_DEVICE ->
          places.putIfAbsent(new Name.Numbered(scope.kind(), scope.enumerationId()), place);
      case UNKNOWN -> {}
    }
  }

  /** A unit that takes all needs no scopes: Linux does not look at those it has. */
  private void rememberDevice(Drhd unit, DeviceScope scope, int place) {
    if (!unit.includesAllPci()) {
      places.putIfAbsent(new Name.Device(unit.segment(), scope.startBus(), scope.path()), place);
    }
  }

  Dmar dmar() {
    return dmar;
  }

  /** {@return the units that Linux knows, in the table's order} */
  List<Drhd> registered() {
    return registered;
  }

  /** {@return units at the address of an earlier one of their segment: Linux takes them for it} */
  List<Drhd> passedOver() {
    return passedOver;
  }

  @Override
  public AcpiTable table() {
    return dmar;
  }

  @Override
  public List<LinuxView.Unit> units() {
    return registered.stream().map(this::shown).toList();
  }

  private LinuxView.Unit shown(Drhd unit) {
    boolean takesAll = takingAllOf(unit.segment()).filter(unit::equals).isPresent();
    return new LinuxView.Unit(
        unit.name(), unit.at().offset(), unit.segment(), unit.registerBase(), takesAll);
  }

  @Override
  public UnitOfDevice unitOf(RequesterId requester) {
    for (Drhd unit : searched) {
      if (unit.segment() != requester.segment()) {
        continue;
      }
      if (unit.includesAllPci()) {
        return new UnitOfDevice.Served(shown(unit));
      }
      for (DeviceScope scope : unit.scopes()) {
        if (scope.namesPciDevice(requester.onBus())) {
          return new UnitOfDevice.Served(shown(unit));
        }
        if (scope.mayLeadTo(requester)) {
          return new UnitOfDevice.Unknown();
        }
      }
    }
    return new UnitOfDevice.Unserved();
  }

  /** Bridges and buses are not known, so that it is about the segment. */
  @Override
  public List<LinuxView.WithoutUnit> without(int segment) {
    return takingAllOf(segment).isPresent()
        ? List.of()
        : List.of(new LinuxView.WithoutUnit.NotNamed(segment));
  }

  @Override
  public boolean allowsInterruptRemapping() {
    return dmar.supportsInterruptRemapping();
  }

  @Override
  public int addressBits() {
    return dmar.hostAddressWidthBits();
  }

  @Override
  public List<MappedRegion> regions() {
    return ordered()
        .map(rmrr ->
            new MappedRegion(
                rmrr.at(),
                rmrr.name(),
                rmrr.segment(),
                rmrr.region(),
                new MappedRegion.Users.Scopes(rmrr)))
        .toList();
  }

  @Override
  public List<AddressRange> regionsOf(RequesterId requester) {
    return ordered()
        .filter(rmrr -> rmrr.segment() == requester.segment())
        .filter(rmrr ->
            rmrr.scopes().stream().anyMatch(scope -> scope.namesPciDevice(requester.onBus())))
        .map(Rmrr::region)
        .toList();
  }

  private Stream<Rmrr> ordered() {
    return dmar.reservedRegions().stream().filter(Rmrr::isOrdered);
  }

  /**
   * {@return the unit that Linux finds for what {@code scope}, of a unit of {@code segment}, names}
   */
  Optional<Drhd> unitOf(int segment, DeviceScope scope) {
    return names(segment, scope)
        .flatMap(name -> Stream.ofNullable(places.get(name)))
        .min(Integer::compare)
        .map(searched::get);
  }

  private static Stream<Name> names(int segment, DeviceScope scope) {
    List<DeviceScope.Hop> path = scope.path();
    return switch (scope.kind()) {
      case PCI_ENDPOINT, PCI_SUB_HIERARCHY ->
          Stream.concat(
              Stream.of(
                  new Name.Device(segment, scope.startBus(), path), new Name.AllOfSegment(segment)),
              IntStream.range(1, path.size())
                  .mapToObj(hops ->
                      new Name.BehindBridge(segment, scope.startBus(), path.subList(0, hops))));
      case IOAPIC, MSI_CAPABLE_HPET, ACPI_NAMESPACE_DEVICE ->
          Stream.of(new Name.Numbered(scope.kind(), scope.enumerationId()));
      case UNKNOWN -> Stream.empty();
    };
  }

  /** {@return the unit that serves all devices of {@code segment} that no other names} */
  Optional<Drhd> takingAllOf(int segment) {
    return Optional.ofNullable(places.get(new Name.AllOfSegment(segment))).map(searched::get);
  }

  /** {@return true if a unit's scopes name the I/O APIC, HPET or ACPI device {@code number}} */
  boolean names(DeviceScope.Kind kind, int number) {
    return places.containsKey(new Name.Numbered(kind, number));
  }
}
