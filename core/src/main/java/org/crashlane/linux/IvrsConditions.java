// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.acpi.DeviceSpan;
import org.crashlane.acpi.IvhdEntry;
import org.crashlane.acpi.IvhdEntry.AcpiHid;
import org.crashlane.acpi.IvhdEntry.Special;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsBlock;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Device;
import org.crashlane.bits.Reason.Name;
import org.crashlane.bits.Reason.Segment;
import org.crashlane.bits.Reason.Size;
import org.crashlane.pci.RequesterId;

/** When the rules of {@link LinuxRule} about an IVRS table apply. */
final class IvrsConditions {
  private static final long PAGE_BYTES = 1L << 12;

  /** {@code MAX_IOMMUS}. */
  private static final int UNITS_MAX = 32;

  /** From this type on {@code ivhd_entry_length} has a length for ACPI devices alone. */
  private static final int FIRST_TYPE_WITHOUT_LENGTH = 0x80;

  /** {@code IOAPIC_SB_DEVID}. */
  private static final RequesterId SOUTHBRIDGE = RequesterId.of(0, 0x14, 0);

  private IvrsConditions() {}

  static Stream<Spot> noUnit(IvrsUnits units) {
    if (!units.counting().isEmpty()) {
      return Stream.empty();
    }
    return Stream.of(
        units.ivrs().blocks().isEmpty()
            ? Spot.at(Ivrs.PREFIX_BYTES)
            : Spot.at(Ivrs.PREFIX_BYTES, new Code(units.blockType())));
  }

  static Stream<Spot> unitAtZero(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.registerBase() == 0)
        .map(unit -> Spot.at(unit.at()));
  }

  static Stream<Spot> registersOverlap(IvrsUnits units) {
    return RegisterRange.overlaps(
        units.counting().stream()
            .map(unit -> new RegisterRange(unit.at(), unit.registerBase(), unit.registerBytes()))
            .toList());
  }

  static Stream<Spot> tooManyUnits(IvrsUnits units) {
    long count = units.counting().stream().count();
    return count > UNITS_MAX ? Stream.of(Spot.at(0, new Count(count))) : Stream.empty();
  }

  static Stream<Spot> blockWithoutLength(IvrsUnits units) {
    long end =
        units.ivrs().blocks().isEmpty() ? Ivrs.PREFIX_BYTES : end(units.ivrs().blocks().getLast());
    return units.ivrs().problems().stream()
        .filter(problem -> problem.offset() == end && end < units.ivrs().header().lengthBytes())
        .limit(1)
        .map(_ -> Spot.at(end));
  }

  static Stream<Spot> entryWithoutLength(IvrsUnits units) {
    return entries(units, IvhdEntry.Unknown.class)
        .filter(entry -> entry.type() >= FIRST_TYPE_WITHOUT_LENGTH)
        .map(entry -> Spot.at(entry.at(), new Code(entry.type())));
  }

  static Stream<Spot> unknownSpecial(IvrsUnits units) {
    return entries(units, Special.class)
        .filter(special -> special.kind() == Special.Variety.UNKNOWN)
        .map(special -> Spot.at(special.at(), new Count(special.variety())));
  }

  static Stream<Spot> noDevice(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.entries().stream().noneMatch(IvrsConditions::tellsHighestDevice))
        .map(unit -> Spot.at(unit.at()));
  }

  /** {@code find_last_devid_from_ivhd} looks at these alone. */
  private static boolean tellsHighestDevice(IvhdEntry entry) {
    return switch (entry) {
      case IvhdEntry.All _,
          IvhdEntry.Select _,
          IvhdEntry.RangeEnd _,
          IvhdEntry.AliasSelect _,
          IvhdEntry.ExtendedSelect _ ->
          true;
      default -> false;
    };
  }

  static Stream<Spot> unitWithoutChosenBlock(IvrsUnits units) {
    record Place(int segment, RequesterId device) {}
    Set<Place> counting =
        units.counting().stream()
            .map(unit -> new Place(unit.segment(), unit.device()))
            .collect(Collectors.toSet());
    return units.ivrs().units().stream()
        .filter(unit -> !counting.contains(new Place(unit.segment(), unit.device())))
        .map(unit ->
            Spot.at(unit.at(), new Device(unit.device().value()), new Code(units.blockType())));
  }

  static Stream<Spot> deviceOfTwoUnits(IvrsUnits units) {
    return claimedTwice(units, span -> span.alias().isEmpty());
  }

  /**
   * Real tables have such ranges: bus 0xff, which firmware has not given out yet, behind an old PCI
   * bridge of one unit and among the buses of another.
   */
  static Stream<Spot> aliasesOfTwoUnits(IvrsUnits units) {
    return claimedTwice(units, span -> span.alias().isPresent());
  }

  /** Units whose devices, by those of their entries that {@code counts}, a later unit has. */
  private static Stream<Spot> claimedTwice(IvrsUnits units, Predicate<DeviceSpan> counts) {
    Map<Integer, List<Ivhd>> segments =
        units.counting().stream()
            .collect(Collectors.groupingBy(Ivhd::segment, TreeMap::new, Collectors.toList()));
    List<Spot> found = new ArrayList<>();
    for (List<Ivhd> together : segments.values()) {
      BitSet taken = new BitSet();
      for (Ivhd unit : together.reversed()) {
        BitSet both = IvrsUnits.devices(unit, counts);
        both.and(taken);
        if (!both.isEmpty()) {
          found.add(
              Spot.at(unit.at(), new Count(both.cardinality()), new Device(both.nextSetBit(0))));
        }
        taken.or(IvrsUnits.devices(unit));
      }
    }
    return found.stream();
  }

  static Stream<Spot> acpiDeviceInOldBlock(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.type() < Ivhd.HIGHEST_TYPE)
        .flatMap(unit -> only(unit, AcpiHid.class))
        .map(device ->
            Spot.at(
                device.at(),
                new Name(device.quotedHardwareId()),
                new Device(device.device().value())));
  }

  static Stream<Spot> acpiDeviceWithoutId(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.type() == Ivhd.HIGHEST_TYPE)
        .flatMap(unit -> only(unit, AcpiHid.class))
        .filter(device -> device.hardwareId().isEmpty())
        .map(device -> Spot.at(device.at(), new Device(device.device().value())));
  }

  static Stream<Spot> ioApicWithoutUnit(LinuxView view) {
    return view.ivrs()
        .flatMap(
            units -> view.ioApics().filter(ioApic -> !units.ioApics().containsKey(ioApic.id())))
        .map(ioApic -> Spot.at(Ivrs.PREFIX_BYTES, new Count(ioApic.id())));
  }

  /** Older kernels look for a place, newer ones for the I/O APIC of interrupt 0. */
  static Stream<Spot> noSouthbridge(LinuxView view) {
    return view.ivrs()
        .map(IvrsUnits::ioApics)
        .filter(found ->
            view.hasApicTable()
                ? view.ioApics()
                    .filter(ioApic -> found.containsKey(ioApic.id()))
                    .noneMatch(ioApic ->
                        ioApic.gsiBase() == 0 || found.get(ioApic.id()).equals(SOUTHBRIDGE))
                : found.isEmpty())
        .map(_ ->
            view.hasApicTable()
                ? Spot.at(Ivrs.PREFIX_BYTES, new Name("southbridge"))
                : Spot.at(Ivrs.PREFIX_BYTES));
  }

  static Stream<Spot> southbridgeElsewhere(IvrsUnits units) {
    return units.ioApics().isEmpty() || units.ioApics().containsValue(SOUTHBRIDGE)
        ? Stream.empty()
        : Stream.of(Spot.at(Ivrs.PREFIX_BYTES, new Device(SOUTHBRIDGE.value())));
  }

  static Stream<Spot> segmentWithoutUnit(IvrsUnits units) {
    Set<Integer> segments = new HashSet<>();
    units.counting().stream().forEach(unit -> segments.add(unit.segment()));
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> !segments.contains(memory.segment()))
        .map(memory -> Spot.at(memory.at(), new Segment(memory.segment())));
  }

  static Stream<Spot> badRegion(IvrsUnits units) {
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> memory.region().isEmpty())
        .map(memory -> Spot.at(memory.at()));
  }

  static Stream<Spot> regionRounded(IvrsUnits units) {
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> !Alignment.isAligned(memory.lengthBytes(), PAGE_BYTES))
        .map(memory -> Spot.at(memory.at(), new Size(memory.lengthBytes())));
  }

  static Stream<Spot> unknownBlock(IvrsUnits units) {
    return units.ivrs().blocks().stream()
        .filter(IvrsBlock.Unknown.class::isInstance)
        .map(block -> Spot.at(block.at(), new Code(block.type())));
  }

  static Stream<Spot> unknownEntry(IvrsUnits units) {
    Predicate<IvhdEntry> steppedOver = entry -> entry.type() < FIRST_TYPE_WITHOUT_LENGTH;
    return entries(units, IvhdEntry.Unknown.class)
        .filter(steppedOver)
        .map(entry -> Spot.at(entry.at(), new Code(entry.type())));
  }

  private static <T extends IvhdEntry> Stream<T> entries(IvrsUnits units, Class<T> kind) {
    return units.counting().stream().flatMap(unit -> only(unit, kind));
  }

  private static <T extends IvhdEntry> Stream<T> only(Ivhd unit, Class<T> kind) {
    return unit.entries().stream().filter(kind::isInstance).map(kind::cast);
  }

  private static long end(IvrsBlock block) {
    return block.at().offset() + block.at().lengthBytes();
  }
}
