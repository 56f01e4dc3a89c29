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
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
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

  static Stream<TableProblem> noUnit(IvrsUnits units) {
    if (!units.counting().isEmpty()) {
      return Stream.empty();
    }
    return Stream.of(
        new TableProblem(
            Ivrs.PREFIX_BYTES,
            units.ivrs().blocks().isEmpty()
                ? "the table contains no block"
                : "the type of block that Linux chooses, %s, is none of a unit"
                    .formatted(Hex.of(units.blockType(), 2))));
  }

  static Stream<TableProblem> unitAtZero(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.registerBase() == 0)
        .map(unit -> at(unit, "the unit's register base is 0"));
  }

  static Stream<TableProblem> registersOverlap(IvrsUnits units) {
    return RegisterRange.overlaps(
        units.counting().stream()
            .map(unit -> new RegisterRange(unit.at(), unit.registerBase(), unit.registerBytes()))
            .toList());
  }

  static Stream<TableProblem> tooManyUnits(IvrsUnits units) {
    long count = units.counting().stream().count();
    return count > UNITS_MAX
        ? Stream.of(new TableProblem(0, "the table contains %d units".formatted(count)))
        : Stream.empty();
  }

  static Stream<TableProblem> blockWithoutLength(IvrsUnits units) {
    long end =
        units.ivrs().blocks().isEmpty() ? Ivrs.PREFIX_BYTES : end(units.ivrs().blocks().getLast());
    return units.ivrs().problems().stream()
        .filter(problem -> problem.offset() == end && end < units.ivrs().header().lengthBytes())
        .limit(1)
        .map(_ -> new TableProblem(end, "the block's length does not lead to the next one"));
  }

  static Stream<TableProblem> entryWithoutLength(IvrsUnits units) {
    return entries(units, IvhdEntry.Unknown.class)
        .filter(entry -> entry.type() >= FIRST_TYPE_WITHOUT_LENGTH)
        .map(entry ->
            at(
                entry,
                "Linux has no length for a device entry of type %s"
                    .formatted(Hex.of(entry.type(), 2))));
  }

  static Stream<TableProblem> unknownSpecial(IvrsUnits units) {
    return entries(units, Special.class)
        .filter(special -> special.kind() == Special.Variety.UNKNOWN)
        .map(special ->
            at(
                special,
                "variety %d is neither an I/O APIC nor an HPET".formatted(special.variety())));
  }

  static Stream<TableProblem> noDevice(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.entries().stream().noneMatch(IvrsConditions::tellsHighestDevice))
        .map(unit -> at(unit, "the unit's entries name no PCI device"));
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

  static Stream<TableProblem> unitWithoutChosenBlock(IvrsUnits units) {
    record Place(int segment, RequesterId device) {}
    Set<Place> counting =
        units.counting().stream()
            .map(unit -> new Place(unit.segment(), unit.device()))
            .collect(Collectors.toSet());
    return units.ivrs().units().stream()
        .filter(unit -> !counting.contains(new Place(unit.segment(), unit.device())))
        .map(unit ->
            at(
                unit,
                "unit %s has no block of type %s, which Linux chooses by the table's first block"
                    .formatted(unit.device(), Hex.of(units.blockType(), 2))));
  }

  static Stream<TableProblem> deviceOfTwoUnits(IvrsUnits units) {
    return claimedTwice(units, span -> span.alias().isEmpty());
  }

  /**
   * Real tables have such ranges: bus 0xff, which firmware has not given out yet, behind an old PCI
   * bridge of one unit and among the buses of another.
   */
  static Stream<TableProblem> aliasesOfTwoUnits(IvrsUnits units) {
    return claimedTwice(units, span -> span.alias().isPresent());
  }

  /** Units whose devices, by those of their entries that {@code counts}, a later unit has. */
  private static Stream<TableProblem> claimedTwice(IvrsUnits units, Predicate<DeviceSpan> counts) {
    Map<Integer, List<Ivhd>> segments =
        units.counting().stream()
            .collect(Collectors.groupingBy(Ivhd::segment, TreeMap::new, Collectors.toList()));
    List<TableProblem> found = new ArrayList<>();
    for (List<Ivhd> together : segments.values()) {
      BitSet taken = new BitSet();
      for (Ivhd unit : together.reversed()) {
        BitSet both = IvrsUnits.devices(unit, counts);
        both.and(taken);
        if (!both.isEmpty()) {
          found.add(
              at(
                  unit,
                  "%d of the unit's device ids, from %s on, are with a later unit"
                      .formatted(both.cardinality(), new RequesterId(both.nextSetBit(0)))));
        }
        taken.or(IvrsUnits.devices(unit));
      }
    }
    return found.stream();
  }

  static Stream<TableProblem> acpiDeviceInOldBlock(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.type() < Ivhd.HIGHEST_TYPE)
        .flatMap(unit -> only(unit, AcpiHid.class))
        .map(device ->
            at(
                device,
                "ACPI device %s at %s is in a block of an older type"
                    .formatted(device.quotedHardwareId(), device.device())));
  }

  static Stream<TableProblem> acpiDeviceWithoutId(IvrsUnits units) {
    return units.counting().stream()
        .filter(unit -> unit.type() == Ivhd.HIGHEST_TYPE)
        .flatMap(unit -> only(unit, AcpiHid.class))
        .filter(device -> device.hardwareId().isEmpty())
        .map(device -> at(device, "the ACPI device at %s has no id".formatted(device.device())));
  }

  static Stream<TableProblem> ioApicWithoutUnit(LinuxView view) {
    return view.ivrs()
        .flatMap(
            units -> view.ioApics().filter(ioApic -> !units.ioApics().containsKey(ioApic.id())))
        .map(ioApic ->
            new TableProblem(
                Ivrs.PREFIX_BYTES,
                "no unit's entries contain I/O APIC %d of the APIC table".formatted(ioApic.id())));
  }

  /** Older kernels look for a place, newer ones for the I/O APIC of interrupt 0. */
  static Stream<TableProblem> noSouthbridge(LinuxView view) {
    String what = view.hasApicTable() ? "the I/O APIC of the southbridge" : "an I/O APIC";
    return view.ivrs()
        .map(IvrsUnits::ioApics)
        .filter(found ->
            view.hasApicTable()
                ? view.ioApics()
                    .filter(ioApic -> found.containsKey(ioApic.id()))
                    .noneMatch(ioApic ->
                        ioApic.gsiBase() == 0 || found.get(ioApic.id()).equals(SOUTHBRIDGE))
                : found.isEmpty())
        .map(_ -> new TableProblem(Ivrs.PREFIX_BYTES, "no unit's entries contain " + what));
  }

  static Stream<TableProblem> southbridgeElsewhere(IvrsUnits units) {
    return units.ioApics().isEmpty() || units.ioApics().containsValue(SOUTHBRIDGE)
        ? Stream.empty()
        : Stream.of(
            new TableProblem(
                Ivrs.PREFIX_BYTES,
                "no I/O APIC is at %s, where older kernels look for the southbridge's"
                    .formatted(SOUTHBRIDGE)));
  }

  static Stream<TableProblem> segmentWithoutUnit(IvrsUnits units) {
    Set<Integer> segments = new HashSet<>();
    units.counting().stream().forEach(unit -> segments.add(unit.segment()));
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> !segments.contains(memory.segment()))
        .map(memory -> at(memory, "segment %04x has no unit".formatted(memory.segment())));
  }

  static Stream<TableProblem> badRegion(IvrsUnits units) {
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> memory.region().isEmpty())
        .map(memory -> at(memory, "the memory is no range of addresses"));
  }

  static Stream<TableProblem> regionRounded(IvrsUnits units) {
    return units.ivrs().memoryDefinitions().stream()
        .filter(memory -> !Alignment.isAligned(memory.lengthBytes(), PAGE_BYTES))
        .map(memory ->
            at(
                memory,
                "the memory's %s bytes are rounded up to whole pages"
                    .formatted(Hex.of(memory.lengthBytes()))));
  }

  static Stream<TableProblem> unknownBlock(IvrsUnits units) {
    return units.ivrs().blocks().stream()
        .filter(IvrsBlock.Unknown.class::isInstance)
        .map(block -> at(block, "block type %s is not known".formatted(Hex.of(block.type(), 2))));
  }

  static Stream<TableProblem> unknownEntry(IvrsUnits units) {
    Predicate<IvhdEntry> steppedOver = entry -> entry.type() < FIRST_TYPE_WITHOUT_LENGTH;
    return entries(units, IvhdEntry.Unknown.class)
        .filter(steppedOver)
        .map(entry ->
            at(entry, "device entry type %s is not known".formatted(Hex.of(entry.type(), 2))));
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

  private static TableProblem at(IvrsBlock block, String reason) {
    return new TableProblem(block.at().offset(), reason);
  }

  private static TableProblem at(IvhdEntry entry, String reason) {
    return new TableProblem(entry.at().offset(), reason);
  }
}
