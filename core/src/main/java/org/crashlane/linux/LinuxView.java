// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.Madt;
import org.crashlane.acpi.TableProblem;
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
  private final List<TableUnits> units;
  private final List<Remark> remarks;

  /** Those of one table at most. */
  private final List<TableUnits> used;

  /**
   * Judges tables of one machine. Of each signature Linux takes the first ({@code acpi_get_table}
   * with instance 0).
   *
   * @param tables in the order in which they were found
   */
  public LinuxView(List<AcpiTable> tables) {
    this.tables = List.copyOf(tables);
    this.units =
        Stream.<TableUnits>concat(
                table(Dmar.SIGNATURE).map(Dmar.class::cast).map(DmarUnits::new),
                table(Ivrs.SIGNATURE).map(Ivrs.class::cast).map(IvrsUnits::new))
            .toList();
    this.remarks = remarksOn(this);
    this.used = units.stream().filter(table -> !refuses(table)).limit(1).toList();
  }

  /** What no rule but a catch-all is about is remarked by that, once for each place. */
  private static List<Remark> remarksOn(LinuxView view) {
    record Place(String signature, long offset) {}
    Set<Place> named = new HashSet<>();
    List<Remark> remarks = new ArrayList<>();
    for (LinuxRule rule : LinuxRule.values()) {
      rule.find(view)
          .filter(remark ->
              named.add(new Place(remark.signature(), remark.place().offset()))
                  || !rule.isCatchAll())
          .forEach(remarks::add);
    }
    return List.copyOf(remarks);
  }

  /** {@return the table with {@code signature} that Linux takes; none if there is none} */
  Stream<AcpiTable> table(String signature) {
    return tables.stream().filter(table -> table.header().signature().equals(signature)).limit(1);
  }

  /** {@return all of the machine's tables, in the order in which they were found} */
  List<AcpiTable> tables() {
    return tables;
  }

  private boolean refuses(TableUnits table) {
    return about(table).anyMatch(remark -> remark.rule().effect() == Effect.REFUSES_ALL);
  }

  private Stream<Remark> about(TableUnits table) {
    String signature = table.table().header().signature();
    return remarks.stream().filter(remark -> remark.signature().equals(signature));
  }

  Stream<DmarUnits> dmar() {
    return units.stream().filter(DmarUnits.class::isInstance).map(DmarUnits.class::cast);
  }

  Stream<IvrsUnits> ivrs() {
    return units.stream().filter(IvrsUnits.class::isInstance).map(IvrsUnits.class::cast);
  }

  Stream<Madt> madt() {
    return table(Madt.SIGNATURE).map(Madt.class::cast);
  }

  boolean hasApicTable() {
    return madt().findAny().isPresent();
  }

  /** {@return the I/O APICs that Linux registers; none if there is no APIC table} */
  Stream<Madt.IoApic> ioApics() {
    return madt().flatMap(madt -> IoApics.of(madt).stream());
  }

  /** {@return true if there is a table that names IOMMUs} */
  public boolean isAboutIommus() {
    return !units.isEmpty();
  }

  /** {@return true if Linux can have a unit translate DMA; whether it does is its configuration} */
  public boolean translatesDma() {
    return !used.isEmpty();
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
   * @param offset where the structure is in its table
   * @param segment PCI segment of its devices
   * @param registerBase physical address of its registers
   * @param takesAll true if it serves all devices of its segment that no other unit names
   */
  public record Unit(String name, long offset, int segment, long registerBase, boolean takesAll) {}

  /** {@return the units that Linux uses, in the tables' order} */
  public List<Unit> units() {
    return used.stream().flatMap(table -> table.units().stream()).toList();
  }

  /** The unit of a device, as far as tables tell. */
  public sealed interface UnitOfDevice {
    /** Linux uses {@code unit} for it. */
    record Served(Unit unit) implements UnitOfDevice {}

    /** Its DMA is not translated. */
    record Unserved() implements UnitOfDevice {}

    /** Tables alone do not say: a scope's path goes through bridges. */
    record Unknown() implements UnitOfDevice {}
  }

  /** {@return the unit that Linux uses for {@code requester}} */
  public UnitOfDevice unitOf(RequesterId requester) {
    return used.stream()
        .map(table -> table.unitOf(requester))
        .findFirst()
        .orElseGet(UnitOfDevice.Unserved::new);
  }

  /** Devices that have no unit. */
  public sealed interface WithoutUnit {
    /** Whichever there are. */
    enum OnTheWhole implements WithoutUnit {
      ALL,
      /** Of segments that have no unit. */
      OF_OTHER_SEGMENTS
    }

    /** Those of {@code segment} that no unit names. */
    record NotNamed(int segment) implements WithoutUnit {}

    /** Those with ids on their segment's buses from {@code first} to {@code last}. */
    record Ids(int segment, int first, int last) implements WithoutUnit {}
  }

  /** {@return which devices have no unit} */
  public List<WithoutUnit> devicesWithoutUnit() {
    if (!translatesDma()) {
      return List.of(WithoutUnit.OnTheWhole.ALL);
    }
    return Stream.<WithoutUnit>concat(
            used.stream()
                .flatMap(table ->
                    table.units().stream()
                        .map(Unit::segment)
                        .sorted()
                        .distinct()
                        .flatMap(segment -> table.without(segment).stream())),
            Stream.of(WithoutUnit.OnTheWhole.OF_OTHER_SEGMENTS))
        .toList();
  }

  /** {@return memory that Linux maps at its own address for firmware's devices} */
  public List<MappedRegion> regions() {
    return used.stream().flatMap(table -> table.regions().stream()).toList();
  }

  /**
   * {@return memory that firmware has devices use, whether Linux uses the table that says so or
   * not}
   */
  public List<MappedRegion> statedRegions() {
    return units.stream().flatMap(table -> table.regions().stream()).toList();
  }

  /**
   * {@return why {@link #statedRegions} may lack some, by the signature of the table; none if it
   * has all that the tables state}
   */
  public Map<String, TableProblem> whyRegionsMayLack() {
    Map<String, TableProblem> why = new TreeMap<>();
    dmar()
        .flatMap(table -> table.dmar().whyRegionsMayLack().stream())
        .forEach(problem -> why.put(Dmar.SIGNATURE, problem));
    ivrs()
        .flatMap(table -> table.ivrs().whyRegionsMayLack().stream())
        .forEach(problem -> why.put(Ivrs.SIGNATURE, problem));
    return why;
  }

  /**
   * {@return memory that firmware has {@code requester} use, whether Linux uses the table or not}
   * Of a device behind a bridge the table alone does not tell: then it is not among them.
   */
  public List<AddressRange> regionsOf(RequesterId requester) {
    return units.stream().flatMap(table -> table.regionsOf(requester).stream()).toList();
  }

  /** {@return the processors of the APIC table; none if there is no such table} */
  public List<Madt.Processor> processors() {
    return madt().flatMap(table -> table.processors().stream()).toList();
  }

  /** Whether Linux can remap interrupts, as far as the tables say. */
  public sealed interface Interrupts {

    /** {@return false if the tables alone rule it out} */
    boolean isPossible();

    /** What the tables say on the whole. */
    enum OnTheWhole implements Interrupts {
      NO_UNIT_USED,
      /** INTR_REMAP is not set. */
      FLAG_CLEAR,
      /** If the units can. */
      DEPENDS_ON_UNITS,
      /** The same, and if the APIC table, which was not given, has the same I/O APICs. */
      DEPENDS_ON_UNITS_AND_APIC_TABLE;

      @Override
      public boolean isPossible() {
        return switch (this) {
          case NO_UNIT_USED, FLAG_CLEAR -> false;
          case DEPENDS_ON_UNITS, DEPENDS_ON_UNITS_AND_APIC_TABLE -> true;
        };
      }
    }

    /**
     * What Linux minds rules it out.
     *
     * @param remark the first of what it minds
     */
    record RuledOut(Remark remark) implements Interrupts {

      @Override
      public boolean isPossible() {
        return false;
      }
    }
  }

  /** {@return whether Linux can remap interrupts} */
  public Interrupts interrupts() {
    if (!translatesDma()) {
      return Interrupts.OnTheWhole.NO_UNIT_USED;
    }
    TableUnits table = used.getFirst();
    if (!table.allowsInterruptRemapping()) {
      return Interrupts.OnTheWhole.FLAG_CLEAR;
    }
    return about(table)
        .filter(remark -> remark.rule().disablesInterruptRemapping())
        .findFirst()
        .<Interrupts>map(Interrupts.RuledOut::new)
        .orElse(
            hasApicTable()
                ? Interrupts.OnTheWhole.DEPENDS_ON_UNITS
                : Interrupts.OnTheWhole.DEPENDS_ON_UNITS_AND_APIC_TABLE);
  }
}
