// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.Madt;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What Linux makes of a machine's firmware tables: which units it uses for which devices, whether
 * DMA is translated and interrupts are remapped, and what it refuses or drops. The rules are those
 * of {@link LinuxRule}.
 *
 * <p>Only what tables show is judged. A unit whose registers read all ones makes Linux drop all of
 * VT-d; a device behind a bridge is found by bus numbers that no table has.
 */
public final class LinuxView {
  private final List<AcpiTable> tables;
  private final List<DmarUnits> dmar;
  private final List<IvrsUnits> ivrs;
  private final List<Madt> madt;
  private final List<Remark> remarks;

  /** Those of the two that Linux uses: one at most, or none. */
  private final List<DmarUnits> usedDmar;

  private final List<IvrsUnits> usedIvrs;

  /**
   * Judges tables of one machine. Of each signature Linux takes the first ({@code acpi_get_table}
   * with instance 0).
   *
   * @param tables in the order in which they were found
   */
  public LinuxView(List<AcpiTable> tables) {
    this.tables = List.copyOf(tables);
    this.madt = first(tables, Madt.class);
    this.dmar = first(tables, Dmar.class).stream().map(t -> new DmarUnits(t, madt)).toList();
    this.ivrs = first(tables, Ivrs.class).stream().map(t -> new IvrsUnits(t, madt)).toList();
    this.remarks = Arrays.stream(LinuxRule.values()).flatMap(rule -> rule.find(this)).toList();
    this.usedDmar = refuses(Dmar.SIGNATURE) ? List.of() : dmar;
    this.usedIvrs = refuses(Ivrs.SIGNATURE) || !usedDmar.isEmpty() ? List.of() : ivrs;
  }

  private boolean refuses(String signature) {
    return remarks.stream()
        .filter(remark -> remark.signature().equals(signature))
        .anyMatch(remark -> remark.rule().effect() == Effect.REFUSES_ALL);
  }

  private static <T extends AcpiTable> List<T> first(List<AcpiTable> tables, Class<T> kind) {
    return tables.stream().filter(kind::isInstance).map(kind::cast).limit(1).toList();
  }

  /** {@return all of the machine's tables, in the order in which they were found} */
  List<AcpiTable> tables() {
    return tables;
  }

  List<DmarUnits> dmar() {
    return dmar;
  }

  List<IvrsUnits> ivrs() {
    return ivrs;
  }

  List<Madt> madt() {
    return madt;
  }

  /** {@return true if there is a table that names IOMMUs} */
  public boolean isAboutIommus() {
    return !dmar.isEmpty() || !ivrs.isEmpty();
  }

  /** {@return true if Linux can have a unit translate DMA; whether it does is its configuration} */
  public boolean translatesDma() {
    return !usedDmar.isEmpty() || !usedIvrs.isEmpty();
  }

  private String signatureInUse() {
    return usedDmar.isEmpty() ? Ivrs.SIGNATURE : Dmar.SIGNATURE;
  }

  /** {@return what Linux minds, and what is worth knowing: by rule, then by place} */
  public List<Remark> remarks() {
    return remarks;
  }

  /** {@return true if the tables have the effect {@code effect} somewhere} */
  public boolean has(Effect effect) {
    return remarks.stream().anyMatch(remark -> remark.rule().effect() == effect);
  }

  /**
   * A unit that Linux uses.
   *
   * @param name the specification's abbreviation of its structure, DRHD or IVHD
   * @param offset where the structure stands in its table
   * @param segment PCI segment of its devices
   * @param registerBase physical address of its registers
   * @param takesAll true if it serves all devices of its segment that no other unit names
   */
  public record Unit(String name, long offset, int segment, long registerBase, boolean takesAll) {
    static Unit of(DmarUnits units, Drhd unit) {
      boolean takesAll = units.takingAllOf(unit.segment()).filter(unit::equals).isPresent();
      return new Unit(
          unit.name(), unit.at().offset(), unit.segment(), unit.registerBase(), takesAll);
    }

    static Unit of(Ivhd unit) {
      return new Unit(unit.name(), unit.at().offset(), unit.segment(), unit.registerBase(), false);
    }
  }

  /** {@return the units that Linux uses, in the tables' order} */
  public List<Unit> units() {
    return Stream.concat(
            usedDmar.stream()
                .flatMap(units -> units.registered().stream().map(unit -> Unit.of(units, unit))),
            usedIvrs.stream().flatMap(units -> units.counting().stream()).map(Unit::of))
        .toList();
  }

  /** The unit of a device, as far as tables tell. */
  public sealed interface UnitOfDevice {
    /** Linux uses {@code unit} for it. */
    record Served(Unit unit) implements UnitOfDevice {}

    /** Its DMA is not translated. */
    record Unserved() implements UnitOfDevice {}

    /** The tables alone do not tell, because of {@code reason}. */
    record Unknown(String reason) implements UnitOfDevice {}
  }

  /** {@return the unit that Linux uses for {@code requester}} */
  public UnitOfDevice unitOf(RequesterId requester) {
    if (!usedDmar.isEmpty()) {
      return unitOf(usedDmar.getFirst(), requester);
    }
    return usedIvrs.stream()
        .flatMap(units -> units.unitOf(requester).stream())
        .<UnitOfDevice>map(unit -> new UnitOfDevice.Served(Unit.of(unit)))
        .findFirst()
        .orElseGet(UnitOfDevice.Unserved::new);
  }

  private static UnitOfDevice unitOf(DmarUnits units, RequesterId requester) {
    for (Drhd unit : units.searched()) {
      if (unit.segment() != requester.segment()) {
        continue;
      }
      if (unit.includesAllPci()) {
        return new UnitOfDevice.Served(Unit.of(units, unit));
      }
      for (DeviceScope scope : unit.scopes()) {
        if (scope.namesPciDevice(requester.onBus())) {
          return new UnitOfDevice.Served(Unit.of(units, unit));
        }
        if (scope.mayLeadTo(requester)) {
          return new UnitOfDevice.Unknown(
              "%s may be behind the bridges of %s".formatted(requester, scope.text()));
        }
      }
    }
    return new UnitOfDevice.Unserved();
  }

  /**
   * {@return which devices have no unit, in words} Bridges and buses are not known, so that for a
   * DMAR table the words are about segments.
   */
  public List<String> devicesWithoutUnit() {
    if (!translatesDma()) {
      return List.of("all");
    }
    List<String> without = new ArrayList<>();
    Set<Integer> segments = new TreeSet<>();
    for (DmarUnits units : usedDmar) {
      units.registered().forEach(unit -> segments.add(unit.segment()));
      segments.stream()
          .filter(segment -> units.takingAllOf(segment).isEmpty())
          .forEach(segment ->
              without.add("devices of segment %04x that no unit names".formatted(segment)));
    }
    for (IvrsUnits units : usedIvrs) {
      units.counting().forEach(unit -> segments.add(unit.segment()));
      segments.forEach(segment -> without.addAll(units.gaps(segment)));
    }
    without.add("devices of other segments");
    return without;
  }

  /** {@return memory that Linux maps at its own address for firmware's devices} */
  public List<MappedRegion> regions() {
    return Stream.concat(
            usedDmar.stream().flatMap(units -> MappedRegion.of(units.dmar()).stream()),
            usedIvrs.stream().flatMap(units -> MappedRegion.of(units.ivrs()).stream()))
        .toList();
  }

  /**
   * {@return memory that firmware has devices use, whether Linux uses the table that says so or
   * not}
   */
  public List<MappedRegion> statedRegions() {
    return Stream.concat(
            dmar.stream().flatMap(units -> MappedRegion.of(units.dmar()).stream()),
            ivrs.stream().flatMap(units -> MappedRegion.of(units.ivrs()).stream()))
        .toList();
  }

  /**
   * {@return why {@link #statedRegions} may lack some; none if it has all that the tables state}
   */
  public List<String> whyRegionsMayLack() {
    return Stream.concat(
            dmar.stream().flatMap(units -> units.dmar().whyRegionsMayLack().stream()),
            ivrs.stream().flatMap(units -> units.ivrs().whyRegionsMayLack().stream()))
        .toList();
  }

  /**
   * {@return memory that Linux maps at its own address for {@code requester}} Of a device behind a
   * bridge the table alone does not tell: then it is not among them.
   */
  public List<AddressRange> regionsOf(RequesterId requester) {
    return Stream.concat(
            usedDmar.stream()
                .flatMap(units -> units.dmar().reservedRegions().stream())
                .filter(rmrr -> rmrr.isOrdered() && rmrr.segment() == requester.segment())
                .filter(rmrr ->
                    rmrr.scopes().stream()
                        .anyMatch(scope -> scope.namesPciDevice(requester.onBus())))
                .map(DmarStructure.Rmrr::region),
            usedIvrs.stream()
                .flatMap(
                    units -> units.ivrs().memoryOf(requester.segment(), requester.onBus()).stream())
                .flatMap(memory -> memory.region().stream()))
        .toList();
  }

  /** {@return the processors of the APIC table; none if there is no such table} */
  public List<Madt.Processor> processors() {
    return madt.stream().flatMap(table -> table.processors().stream()).toList();
  }

  /**
   * Whether Linux can remap interrupts.
   *
   * @param isPossible false if the tables alone rule it out
   * @param reason why not; or what it still depends on
   */
  public record Interrupts(boolean isPossible, String reason) {}

  /** {@return whether Linux can remap interrupts} */
  public Interrupts interrupts() {
    if (!translatesDma()) {
      return new Interrupts(false, "Linux uses no unit");
    }
    if (usedDmar.stream().anyMatch(units -> !units.dmar().supportsInterruptRemapping())) {
      return new Interrupts(false, "INTR_REMAP is not set");
    }
    Optional<Remark> against =
        remarks.stream()
            .filter(remark -> remark.signature().equals(signatureInUse()))
            .filter(remark -> remark.rule().disablesInterruptRemapping())
            .findFirst();
    if (against.isPresent()) {
      return new Interrupts(false, against.orElseThrow().place().reason());
    }
    return new Interrupts(
        true,
        madt.isEmpty()
            ? "if the units can, and the APIC table has the same I/O APICs"
            : "if the units can");
  }
}
