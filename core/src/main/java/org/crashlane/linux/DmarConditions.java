// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.crashlane.bits.Reason.Segment;

/** When the rules of {@link LinuxRule} about a DMAR table apply. */
final class DmarConditions {
  private static final long PAGE_BYTES = 1L << 12;
  private static final int WIDTH_BITS_MIN = 12;

  /** {@code DMAR_UNITS_SUPPORTED} of 6.0; it was fewer before. */
  private static final int UNITS_MAX = 1024;

  private static final int ANDD_HEADER_BYTES = 8;

  private DmarConditions() {}

  static Stream<Spot> unitAtZero(DmarUnits units) {
    return units.dmar().units().stream()
        .filter(unit -> unit.registerBase() == 0)
        .map(unit -> Spot.at(unit.at()));
  }

  static Stream<Spot> noUnit(DmarUnits units) {
    return units.dmar().units().isEmpty() ? Stream.of(Spot.at(0)) : Stream.empty();
  }

  static Stream<Spot> narrow(DmarUnits units) {
    return units.dmar().hostAddressWidthBits() < WIDTH_BITS_MIN
        ? Stream.of(
            Spot.at(
                Dmar.HOST_ADDRESS_WIDTH_OFFSET,
                new Count(units.dmar().hostAddressWidthBits()),
                new Count(WIDTH_BITS_MIN)))
        : Stream.empty();
  }

  static Stream<Spot> tooManyUnits(DmarUnits units) {
    int count = units.registered().size();
    return count > UNITS_MAX ? Stream.of(Spot.at(0, new Count(count))) : Stream.empty();
  }

  static Stream<Spot> passesEnd(DmarUnits units) {
    return units.dmar().structures().stream()
        .filter(structure -> end(structure.at()) > units.dmar().header().lengthBytes())
        .map(structure ->
            Spot.at(
                structure.at(),
                new Name(structure.name()),
                new At(end(structure.at())),
                new At(units.dmar().header().lengthBytes())));
  }

  static Stream<Spot> endsEarly(DmarUnits units) {
    long end =
        units.dmar().structures().isEmpty()
            ? Dmar.PREFIX_BYTES
            : end(units.dmar().structures().getLast().at());
    return units.dmar().problems().stream()
        .filter(problem -> problem.offset() == end && end < units.dmar().header().lengthBytes())
        .map(_ -> Spot.at(end));
  }

  static Stream<Spot> scopeWithoutLength(DmarUnits units) {
    Set<Long> wrong =
        units.dmar().problems().stream().map(TableProblem::offset).collect(Collectors.toSet());
    return units.dmar().structures().stream()
        .filter(DmarConditions::hasScopesThatLinuxReads)
        .filter(structure -> {
          long unread =
              structure.scopes().isEmpty()
                  ? structure.at().offset() + structure.fixedBytes()
                  : end(structure.scopes().getLast().at());
          return unread < end(structure.at()) && wrong.contains(unread);
        })
        .map(structure -> Spot.at(structure.at()));
  }

  private static boolean hasScopesThatLinuxReads(DmarStructure structure) {
    return switch (structure) {
      case Drhd _, Rmrr _, DmarStructure.Satc _ -> true;
      case Atsr atsr -> !atsr.coversAllPorts();
      case Rhsa _, Andd _, DmarStructure.Sidp _, DmarStructure.Unknown _ -> false;
    };
  }

  static Stream<Spot> sameUnitTwice(DmarUnits units) {
    return units.passedOver().stream().map(unit -> Spot.at(unit.at(), new At(unit.registerBase())));
  }

  static Stream<Spot> registersOverlap(DmarUnits units) {
    List<RegisterRange> ranges =
        units.registered().stream()
            .map(unit -> new RegisterRange(unit.at(), unit.registerBase(), unit.registerBytes()))
            .toList();
    return RegisterRange.overlaps(ranges);
  }

  static Stream<Spot> secondTakesAll(DmarUnits units) {
    List<Spot> found = new ArrayList<>();
    for (Drhd unit : units.registered()) {
      Optional<Drhd> first = units.takingAllOf(unit.segment());
      if (unit.includesAllPci() && first.isPresent() && !first.orElseThrow().equals(unit)) {
        found.add(
            Spot.at(
                unit.at(),
                new At(first.orElseThrow().registerBase()),
                new Segment(unit.segment())));
      }
    }
    return found.stream();
  }

  static Stream<Spot> deviceOfTwoUnits(DmarUnits units) {
    List<Spot> found = new ArrayList<>();
    for (Drhd unit : units.registered()) {
      for (DeviceScope scope : unit.scopes()) {
        units
            .unitOf(unit.segment(), scope)
            .filter(counting -> !counting.equals(unit))
            .ifPresent(counting ->
                found.add(
                    Spot.at(
                        scope.at(),
                        new Name(scope.text()),
                        new At(counting.registerBase()),
                        new At(unit.registerBase()))));
      }
    }
    return found.stream();
  }

  static Stream<Spot> unterminatedName(DmarUnits units) {
    return only(units, Andd.class)
        .filter(andd -> andd.objectName().length() == andd.at().lengthBytes() - ANDD_HEADER_BYTES)
        .map(andd -> Spot.at(andd.at()));
  }

  static Stream<Spot> ioApicWithoutUnit(LinuxView view) {
    return view.dmar()
        .filter(DmarUnits::allowsInterruptRemapping)
        .flatMap(units ->
            view.hasApicTable()
                ? view.ioApics()
                    .filter(ioApic -> !units.names(DeviceScope.Kind.IOAPIC, ioApic.id()))
                    .map(ioApic -> Spot.at(Dmar.FLAGS_OFFSET, new Count(ioApic.id())))
                : units.registered().stream()
                        .flatMap(unit -> unit.scopes().stream())
                        .anyMatch(scope -> scope.kind() == DeviceScope.Kind.IOAPIC)
                    ? Stream.empty()
                    : Stream.of(Spot.at(Dmar.FLAGS_OFFSET)));
  }

  static Stream<Spot> x2apicOptOut(DmarUnits units) {
    return units.dmar().optsOutOfX2apic() && units.dmar().supportsInterruptRemapping()
        ? Stream.of(Spot.at(Dmar.FLAGS_OFFSET))
        : Stream.empty();
  }

  static Stream<Spot> affinityOfNoUnit(DmarUnits units) {
    Set<Long> bases =
        units.dmar().units().stream().map(Drhd::registerBase).collect(Collectors.toSet());
    return only(units, Rhsa.class)
        .filter(rhsa -> !bases.contains(rhsa.registerBase()))
        .map(rhsa -> Spot.at(rhsa.at(), new At(rhsa.registerBase())));
  }

  static Stream<Spot> undeclaredAcpiDevice(DmarUnits units) {
    Set<Integer> declared =
        only(units, Andd.class).map(Andd::deviceNumber).collect(Collectors.toSet());
    return units.dmar().structures().stream()
        .flatMap(structure -> structure.scopes().stream())
        .filter(scope -> scope.kind() == DeviceScope.Kind.ACPI_NAMESPACE_DEVICE)
        .filter(scope -> !declared.contains(scope.enumerationId()))
        .map(scope -> Spot.at(scope.at(), new Count(scope.enumerationId())));
  }

  static Stream<Spot> acpiDeviceWithoutUnit(DmarUnits units) {
    return only(units, Andd.class)
        .filter(andd -> !units.names(DeviceScope.Kind.ACPI_NAMESPACE_DEVICE, andd.deviceNumber()))
        .map(andd -> Spot.at(andd.at(), new Count(andd.deviceNumber())));
  }

  static Stream<Spot> badRegion(DmarUnits units) {
    return units.dmar().reservedRegions().stream()
        .filter(rmrr ->
            !Alignment.isAligned(rmrr.base(), PAGE_BYTES)
                || !Alignment.isAligned(rmrr.limit() + 1, PAGE_BYTES)
                || Long.compareUnsigned(rmrr.limit(), rmrr.base()) <= 0)
        .map(rmrr -> Spot.at(rmrr.at(), new At(rmrr.base()), new At(rmrr.limit())));
  }

  static Stream<Spot> ofNoDevice(DmarUnits units) {
    return withDevices(units)
        .filter(structure -> structure.scopes().stream().noneMatch(DeviceScope::isOfDevice))
        .filter(structure ->
            switch (structure) {
              case Drhd drhd -> !drhd.includesAllPci();
              case Atsr atsr -> !atsr.coversAllPorts();
              default -> true;
            })
        .map(structure -> Spot.at(structure.at(), new Name(structure.name())));
  }

  static Stream<Spot> segmentWithoutUnit(DmarUnits units) {
    Set<Integer> segments = new HashSet<>();
    units.dmar().units().forEach(unit -> segments.add(unit.segment()));
    return withDevices(units)
        .filter(structure -> !segments.contains(structure.segment()))
        .map(structure -> Spot.at(structure.at(), new Segment(structure.segment())));
  }

  static Stream<Spot> unknownStructure(DmarUnits units) {
    return only(units, DmarStructure.Unknown.class)
        .filter(unknown -> unknown.type() > Dmar.HIGHEST_TYPE)
        .map(unknown -> Spot.at(unknown.at(), new Count(unknown.type())));
  }

  static Stream<Spot> unknownScope(DmarUnits units) {
    return units.dmar().structures().stream()
        .flatMap(structure -> structure.scopes().stream())
        .filter(scope -> scope.kind() == DeviceScope.Kind.UNKNOWN)
        .map(scope -> Spot.at(scope.at(), new Count(scope.type())));
  }

  private static Stream<DmarStructure> withDevices(DmarUnits units) {
    Predicate<DmarStructure> named =
        structure ->
            !(structure instanceof DmarStructure.Unknown
                || structure instanceof Rhsa
                || structure instanceof Andd);
    return units.dmar().structures().stream().filter(named);
  }

  private static <T extends DmarStructure> Stream<T> only(DmarUnits units, Class<T> kind) {
    return units.dmar().structures().stream().filter(kind::isInstance).map(kind::cast);
  }

  private static long end(Extent at) {
    return at.offset() + at.lengthBytes();
  }
}
