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
import org.crashlane.bits.Hex;

/** When the rules of {@link LinuxRule} about a DMAR table apply. */
final class DmarConditions {
  private static final long PAGE_BYTES = 1L << 12;
  private static final int WIDTH_BITS_MIN = 12;

  /** {@code DMAR_UNITS_SUPPORTED} of 6.0; it was fewer before. */
  private static final int UNITS_MAX = 1024;

  private static final int ANDD_HEADER_BYTES = 8;

  private DmarConditions() {}

  static Stream<TableProblem> unitAtZero(DmarUnits units) {
    return units.dmar().units().stream()
        .filter(unit -> unit.registerBase() == 0)
        .map(unit -> at(unit, "the unit's register base is 0"));
  }

  static Stream<TableProblem> noUnit(DmarUnits units) {
    return units.dmar().units().isEmpty()
        ? Stream.of(new TableProblem(0, "the table contains no DRHD"))
        : Stream.empty();
  }

  static Stream<TableProblem> narrow(DmarUnits units) {
    return units.dmar().hostAddressWidthBits() < WIDTH_BITS_MIN
        ? Stream.of(
            new TableProblem(
                Dmar.HOST_ADDRESS_WIDTH_OFFSET,
                "the host address width is %d bits, expected %d or more"
                    .formatted(units.dmar().hostAddressWidthBits(), WIDTH_BITS_MIN)))
        : Stream.empty();
  }

  static Stream<TableProblem> tooManyUnits(DmarUnits units) {
    int count = units.registered().size();
    return count > UNITS_MAX
        ? Stream.of(new TableProblem(0, "the table contains %d units".formatted(count)))
        : Stream.empty();
  }

  static Stream<TableProblem> passesEnd(DmarUnits units) {
    return units.dmar().structures().stream()
        .filter(structure -> end(structure.at()) > units.dmar().header().lengthBytes())
        .map(structure ->
            at(
                structure,
                "%s ends at %s, the table at %s"
                    .formatted(
                        structure.name(),
                        Hex.of(end(structure.at())),
                        Hex.of(units.dmar().header().lengthBytes()))));
  }

  static Stream<TableProblem> endsEarly(DmarUnits units) {
    long end =
        units.dmar().structures().isEmpty()
            ? Dmar.PREFIX_BYTES
            : end(units.dmar().structures().getLast().at());
    return units.dmar().problems().stream()
        .filter(problem -> problem.offset() == end && end < units.dmar().header().lengthBytes())
        .map(problem -> new TableProblem(end, "nothing from here on is read"));
  }

  static Stream<TableProblem> scopeWithoutLength(DmarUnits units) {
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
        .map(structure -> at(structure, "a device scope's length does not lead to the next one"));
  }

  private static boolean hasScopesThatLinuxReads(DmarStructure structure) {
    return switch (structure) {
      case Drhd _, Rmrr _, DmarStructure.Satc _ -> true;
      case Atsr atsr -> !atsr.coversAllPorts();
      case Rhsa _, Andd _, DmarStructure.Sidp _, DmarStructure.Unknown _ -> false;
    };
  }

  static Stream<TableProblem> sameUnitTwice(DmarUnits units) {
    return units.passedOver().stream()
        .map(unit ->
            at(
                unit,
                "an earlier unit of the segment has the same register base, %s; this one's"
                        .formatted(Hex.of(unit.registerBase()))
                    + " devices have no unit by it"));
  }

  static Stream<TableProblem> registersOverlap(DmarUnits units) {
    List<RegisterRange> ranges =
        units.registered().stream()
            .map(unit -> new RegisterRange(unit.at(), unit.registerBase(), unit.registerBytes()))
            .toList();
    return RegisterRange.overlaps(ranges);
  }

  static Stream<TableProblem> secondTakesAll(DmarUnits units) {
    List<TableProblem> found = new ArrayList<>();
    for (Drhd unit : units.registered()) {
      Optional<Drhd> first = units.takingAllOf(unit.segment());
      if (unit.includesAllPci() && first.isPresent() && !first.orElseThrow().equals(unit)) {
        found.add(
            at(
                unit,
                "the unit at %s takes all devices of segment %04x, this one none"
                    .formatted(Hex.of(first.orElseThrow().registerBase()), unit.segment())));
      }
    }
    return found.stream();
  }

  static Stream<TableProblem> deviceOfTwoUnits(DmarUnits units) {
    List<TableProblem> found = new ArrayList<>();
    for (Drhd unit : units.registered()) {
      for (DeviceScope scope : unit.scopes()) {
        units
            .unitOf(unit.segment(), scope)
            .filter(counting -> !counting.equals(unit))
            .ifPresent(counting ->
                found.add(
                    new TableProblem(
                        scope.at().offset(),
                        "%s is with the unit at %s, not with this one at %s"
                            .formatted(
                                scope.text(),
                                Hex.of(counting.registerBase()),
                                Hex.of(unit.registerBase())))));
      }
    }
    return found.stream();
  }

  static Stream<TableProblem> unterminatedName(DmarUnits units) {
    return only(units, Andd.class)
        .filter(andd -> andd.objectName().length() == andd.at().lengthBytes() - ANDD_HEADER_BYTES)
        .map(andd -> at(andd, "the object's name has no zero byte at its end"));
  }

  static Stream<TableProblem> ioApicWithoutUnit(LinuxView view) {
    return view.dmar()
        .filter(DmarUnits::allowsInterruptRemapping)
        .flatMap(units ->
            view.hasApicTable()
                ? view.ioApics()
                    .filter(ioApic -> !units.names(DeviceScope.Kind.IOAPIC, ioApic.id()))
                    .map(ioApic -> "I/O APIC %d of the APIC table".formatted(ioApic.id()))
                : units.registered().stream()
                        .flatMap(unit -> unit.scopes().stream())
                        .anyMatch(scope -> scope.kind() == DeviceScope.Kind.IOAPIC)
                    ? Stream.empty()
                    : Stream.of(
                        "an I/O APIC: interrupts are not remapped on a machine that has one"))
        .map(what ->
            new TableProblem(
                Dmar.FLAGS_OFFSET, "INTR_REMAP is set and no unit's scopes contain " + what));
  }

  static Stream<TableProblem> x2apicOptOut(DmarUnits units) {
    return units.dmar().optsOutOfX2apic() && units.dmar().supportsInterruptRemapping()
        ? Stream.of(new TableProblem(Dmar.FLAGS_OFFSET, "X2APIC_OPT_OUT is set"))
        : Stream.empty();
  }

  static Stream<TableProblem> affinityOfNoUnit(DmarUnits units) {
    Set<Long> bases =
        units.dmar().units().stream().map(Drhd::registerBase).collect(Collectors.toSet());
    return only(units, Rhsa.class)
        .filter(rhsa -> !bases.contains(rhsa.registerBase()))
        .map(rhsa ->
            at(rhsa, "no unit has the register base %s".formatted(Hex.of(rhsa.registerBase()))));
  }

  static Stream<TableProblem> undeclaredAcpiDevice(DmarUnits units) {
    Set<Integer> declared =
        only(units, Andd.class).map(Andd::deviceNumber).collect(Collectors.toSet());
    return units.dmar().structures().stream()
        .flatMap(structure -> structure.scopes().stream())
        .filter(scope -> scope.kind() == DeviceScope.Kind.ACPI_NAMESPACE_DEVICE)
        .filter(scope -> !declared.contains(scope.enumerationId()))
        .map(scope ->
            new TableProblem(
                scope.at().offset(),
                "no ANDD declares ACPI device %d".formatted(scope.enumerationId())));
  }

  static Stream<TableProblem> acpiDeviceWithoutUnit(DmarUnits units) {
    return only(units, Andd.class)
        .filter(andd -> !units.names(DeviceScope.Kind.ACPI_NAMESPACE_DEVICE, andd.deviceNumber()))
        .map(andd ->
            at(andd, "no unit's scopes contain ACPI device %d".formatted(andd.deviceNumber())));
  }

  static Stream<TableProblem> badRegion(DmarUnits units) {
    return units.dmar().reservedRegions().stream()
        .filter(rmrr ->
            !Alignment.isAligned(rmrr.base(), PAGE_BYTES)
                || !Alignment.isAligned(rmrr.limit() + 1, PAGE_BYTES)
                || Long.compareUnsigned(rmrr.limit(), rmrr.base()) <= 0)
        .map(rmrr ->
            at(
                rmrr,
                "%s-%s is no range of whole pages"
                    .formatted(Hex.of(rmrr.base()), Hex.of(rmrr.limit()))));
  }

  static Stream<TableProblem> ofNoDevice(DmarUnits units) {
    return withDevices(units)
        .filter(structure -> structure.scopes().stream().noneMatch(DeviceScope::isOfDevice))
        .filter(structure ->
            switch (structure) {
              case Drhd drhd -> !drhd.includesAllPci();
              case Atsr atsr -> !atsr.coversAllPorts();
              default -> true;
            })
        .map(structure -> at(structure, "the %s names no device".formatted(structure.name())));
  }

  static Stream<TableProblem> segmentWithoutUnit(DmarUnits units) {
    Set<Integer> segments = new HashSet<>();
    units.dmar().units().forEach(unit -> segments.add(unit.segment()));
    return withDevices(units)
        .filter(structure -> !segments.contains(structure.segment()))
        .map(structure -> at(structure, "segment %04x has no unit".formatted(structure.segment())));
  }

  static Stream<TableProblem> unknownStructure(DmarUnits units) {
    return only(units, DmarStructure.Unknown.class)
        .filter(unknown -> unknown.type() > Dmar.HIGHEST_TYPE)
        .map(unknown -> at(unknown, "structure type %d is not known".formatted(unknown.type())));
  }

  static Stream<TableProblem> unknownScope(DmarUnits units) {
    return units.dmar().structures().stream()
        .flatMap(structure -> structure.scopes().stream())
        .filter(scope -> scope.kind() == DeviceScope.Kind.UNKNOWN)
        .map(scope ->
            new TableProblem(
                scope.at().offset(), "device scope type %d is not known".formatted(scope.type())));
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

  private static TableProblem at(DmarStructure structure, String reason) {
    return new TableProblem(structure.at().offset(), reason);
  }
}
