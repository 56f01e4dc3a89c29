// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.crashlane.linux.Effect.DROPS_PART;
import static org.crashlane.linux.Effect.NOTE;
import static org.crashlane.linux.Effect.REFUSES_ALL;

import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.Iort;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.Madt;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;

/**
 * What Linux does with a firmware's table where that is not simply to use it: one constant a rule.
 *
 * <p>A rule has an effect, a place in Linux's source, the kernels in which that was read, and the
 * message that the kernel prints, with {@code %} as in its own format strings; it is empty where
 * the kernel says nothing.
 */
public enum LinuxRule implements Term {
  DMAR_PASSES_END(
      REFUSES_ALL,
      in(Source.DMAR, "dmar_walk_remapping_entries"),
      "Record passes table end",
      DmarConditions::passesEnd),
  DMAR_UNIT_AT_ZERO(
      REFUSES_ALL,
      in(Source.DMAR, "dmar_validate_one_drhd"),
      "Your BIOS is broken; DMAR reported at address 0!",
      DmarConditions::unitAtZero),
  DMAR_WIDTH(
      REFUSES_ALL, in(Source.DMAR, "parse_dmar_table"), "Invalid DMAR haw", DmarConditions::narrow),
  DMAR_WITHOUT_UNIT(
      REFUSES_ALL,
      in(Source.DMAR, "parse_dmar_table"),
      "No DRHD structure found in DMAR table",
      DmarConditions::noUnit),
  DMAR_SCOPE_WITHOUT_LENGTH(
      REFUSES_ALL, in(Source.DMAR, "dmar_alloc_dev_scope"), "", DmarConditions::scopeWithoutLength),
  DMAR_REGISTERS_OVERLAP(
      REFUSES_ALL,
      in(Source.DMAR, "map_iommu"),
      "Can't reserve memory",
      DmarConditions::registersOverlap),
  DMAR_TOO_MANY_UNITS(
      REFUSES_ALL,
      in(Source.DMAR, "alloc_iommu"),
      "Failed to allocate seq_id",
      DmarConditions::tooManyUnits),
  DMAR_NAME_WITHOUT_END(
      REFUSES_ALL,
      in(Source.DMAR, "dmar_parse_one_andd"),
      "Your BIOS is broken; ANDD object name is not NUL-terminated",
      DmarConditions::unterminatedName),
  DMAR_ENDS_EARLY(
      DROPS_PART,
      in(Source.DMAR, "dmar_walk_remapping_entries"),
      "Invalid 0-length structure",
      DmarConditions::endsEarly),
  DMAR_SAME_UNIT_TWICE(
      DROPS_PART, in(Source.DMAR, "dmar_parse_one_drhd"), "", DmarConditions::sameUnitTwice),
  DMAR_TWO_UNITS_TAKE_ALL(
      DROPS_PART,
      in(Source.VTD, "device_to_iommu, device_lookup_iommu"),
      "",
      DmarConditions::secondTakesAll),
  DMAR_DEVICE_OF_TWO_UNITS(
      DROPS_PART,
      in(Source.VTD, "device_to_iommu, device_lookup_iommu"),
      "",
      DmarConditions::deviceOfTwoUnits),
  DMAR_REGION_IN_INTERRUPT_WINDOW(
      DROPS_PART,
      in(Source.VTD, "dmar_parse_one_rmrr"),
      "Your BIOS is broken; bad RMRR [%#018Lx-%#018Lx]",
      (OnDmar) TableConditions::inInterruptWindow),
  DMAR_SECOND_TABLE(
      DROPS_PART, in(Source.TABLE, "acpi_get_table"), "", Dmar.SIGNATURE, LinuxRule::second),
  DMAR_CHECKSUM(
      NOTE,
      in(Source.ACPICA, "acpi_tb_verify_checksum"),
      "Incorrect checksum in table [%4.4s] - 0x%2.2X, should be 0x%2.2X",
      (OnDmar) TableConditions::wrongChecksum),
  DMAR_IOAPIC_WITHOUT_UNIT(
      NOTE,
      in(Source.VTD_IR, "parse_ioapics_under_ir"),
      "ioapic %d has no mapping iommu, interrupt remapping will be disabled",
      Dmar.SIGNATURE,
      (view, rule) -> DmarConditions.ioApicWithoutUnit(view).map(spot -> spot.of(rule))),
  DMAR_X2APIC_OPT_OUT(
      NOTE,
      in(Source.VTD_IR, "intel_prepare_irq_remapping"),
      "x2apic is disabled because BIOS sets x2apic opt out bit.",
      DmarConditions::x2apicOptOut),
  DMAR_AFFINITY_OF_NO_UNIT(
      NOTE,
      in(Source.DMAR, "dmar_parse_one_rhsa"),
      "Your BIOS is broken; RHSA refers to non-existent DMAR unit at %llx",
      DmarConditions::affinityOfNoUnit),
  DMAR_ACPI_DEVICE_UNDECLARED(
      NOTE, in(Source.DMAR, "dmar_acpi_dev_scope_init"), "", DmarConditions::undeclaredAcpiDevice),
  DMAR_ACPI_DEVICE_WITHOUT_UNIT(
      NOTE,
      in(Source.DMAR, "dmar_acpi_insert_dev_scope"),
      "No IOMMU scope found for ANDD enumeration ID %d (%s)",
      DmarConditions::acpiDeviceWithoutUnit),
  DMAR_BAD_REGION(
      NOTE,
      in(Source.VTD, "rmrr_sanity_check", Versions.RMRR),
      "Your BIOS is broken; bad RMRR [%#018Lx-%#018Lx]",
      DmarConditions::badRegion),
  DMAR_REGION_AT_ZERO(
      NOTE, in(Source.VTD, "dmar_parse_one_rmrr"), "", (OnDmar) TableConditions::atZero),
  DMAR_REGION_BEYOND_WIDTH(
      NOTE, in(Source.VTD, "dmar_parse_one_rmrr"), "", (OnDmar) TableConditions::beyond),
  DMAR_REGIONS_OVERLAP(
      NOTE, in(Source.VTD, "dmar_parse_one_rmrr"), "", (OnDmar) TableConditions::overlapping),
  DMAR_NO_DEVICE(NOTE, in(Source.DMAR, "dmar_alloc_dev_scope"), "", DmarConditions::ofNoDevice),
  DMAR_SEGMENT_WITHOUT_UNIT(
      NOTE, in(Source.DMAR, "dmar_insert_dev_scope"), "", DmarConditions::segmentWithoutUnit),
  DMAR_UNKNOWN_STRUCTURE(
      NOTE,
      in(Source.DMAR, "dmar_walk_remapping_entries"),
      "Unknown DMAR structure type %d",
      DmarConditions::unknownStructure),
  DMAR_UNKNOWN_SCOPE(
      NOTE,
      in(Source.DMAR, "dmar_alloc_dev_scope"),
      "Unsupported device scope",
      DmarConditions::unknownScope),
  IVRS_CHECKSUM(
      REFUSES_ALL,
      in(Source.AMD, "check_ivrs_checksum"),
      "IVRS invalid checksum",
      (OnIvrs) TableConditions::wrongChecksum),
  IVRS_WITHOUT_UNIT(
      REFUSES_ALL,
      in(Source.AMD, "find_last_devid_from_ivhd"),
      "Unsupported IVHD type %#x",
      IvrsConditions::noUnit),
  IVRS_UNIT_AT_ZERO(
      REFUSES_ALL,
      in(Source.AMD, "iommu_map_mmio_space"),
      "Can not reserve memory region %llx-%llx for mmio",
      IvrsConditions::unitAtZero),
  IVRS_REGISTERS_OVERLAP(
      REFUSES_ALL,
      in(Source.AMD, "iommu_map_mmio_space"),
      "Can not reserve memory region %llx-%llx for mmio",
      IvrsConditions::registersOverlap),
  IVRS_TOO_MANY_UNITS(
      REFUSES_ALL,
      in(Source.AMD, "init_iommu_one"),
      "System has more IOMMUs than supported by this driver",
      IvrsConditions::tooManyUnits),
  IVRS_BLOCK_WITHOUT_LENGTH(
      REFUSES_ALL, in(Source.AMD, "init_iommu_all"), "", IvrsConditions::blockWithoutLength),
  IVRS_ENTRY_WITHOUT_LENGTH(
      REFUSES_ALL, in(Source.AMD, "ivhd_entry_length"), "", IvrsConditions::entryWithoutLength),
  IVRS_UNKNOWN_SPECIAL_DEVICE(
      REFUSES_ALL, in(Source.AMD, "add_special_device"), "", IvrsConditions::unknownSpecial),
  IVRS_NO_DEVICE(
      REFUSES_ALL,
      in(Source.AMD, "find_last_devid_from_ivhd", Versions.SEGMENTS),
      "",
      IvrsConditions::noDevice),
  IVRS_UNIT_WITHOUT_CHOSEN_BLOCK(
      DROPS_PART, in(Source.AMD, "init_iommu_all"), "", IvrsConditions::unitWithoutChosenBlock),
  IVRS_DEVICE_OF_TWO_UNITS(
      DROPS_PART, in(Source.AMD, "set_dev_entry_from_acpi"), "", IvrsConditions::deviceOfTwoUnits),
  IVRS_ACPI_DEVICE_IN_OLD_BLOCK(
      DROPS_PART,
      in(Source.AMD, "init_iommu_from_acpi"),
      "Invalid IVHD device type %#x",
      IvrsConditions::acpiDeviceInOldBlock),
  IVRS_ACPI_DEVICE_WITHOUT_ID(
      DROPS_PART,
      in(Source.AMD, "init_iommu_from_acpi"),
      "Invalid HID.",
      IvrsConditions::acpiDeviceWithoutId),
  IVRS_REGION_IN_INTERRUPT_WINDOW(
      DROPS_PART,
      in(Source.AMD, "init_unity_map_range"),
      "",
      (OnIvrs) TableConditions::inInterruptWindow),
  IVRS_SECOND_TABLE(
      DROPS_PART, in(Source.TABLE, "acpi_get_table"), "", Ivrs.SIGNATURE, LinuxRule::second),
  IVRS_ALIASES_OF_TWO_UNITS(
      NOTE, in(Source.AMD, "set_dev_entry_from_acpi"), "", IvrsConditions::aliasesOfTwoUnits),
  IVRS_IOAPIC_WITHOUT_UNIT(
      NOTE,
      in(Source.AMD, "check_ioapic_information"),
      "IOAPIC[%d] not in IVRS table",
      Ivrs.SIGNATURE,
      (view, rule) -> IvrsConditions.ioApicWithoutUnit(view).map(spot -> spot.of(rule))),
  IVRS_NO_SOUTHBRIDGE(
      NOTE,
      in(Source.AMD, "check_ioapic_information"),
      "No southbridge IOAPIC found",
      Ivrs.SIGNATURE,
      (view, rule) -> IvrsConditions.noSouthbridge(view).map(spot -> spot.of(rule))),
  IVRS_SOUTHBRIDGE_ELSEWHERE(
      NOTE,
      in(Source.AMD, "check_ioapic_information", Versions.OLD),
      "No southbridge IOAPIC found",
      IvrsConditions::southbridgeElsewhere),
  IVRS_BAD_REGION(NOTE, in(Source.AMD, "init_unity_map_range"), "", IvrsConditions::badRegion),
  IVRS_REGION_ROUNDED(
      NOTE, in(Source.AMD, "init_unity_map_range"), "", IvrsConditions::regionRounded),
  IVRS_REGION_AT_ZERO(
      NOTE, in(Source.AMD, "init_unity_map_range"), "", (OnIvrs) TableConditions::atZero),
  IVRS_REGION_BEYOND_WIDTH(
      NOTE, in(Source.AMD, "init_unity_map_range"), "", (OnIvrs) TableConditions::beyond),
  IVRS_REGIONS_OVERLAP(
      NOTE, in(Source.AMD, "init_unity_map_range"), "", (OnIvrs) TableConditions::overlapping),
  IVRS_SEGMENT_WITHOUT_UNIT(
      NOTE,
      in(Source.AMD, "get_pci_segment", Versions.SEGMENTS),
      "",
      IvrsConditions::segmentWithoutUnit),
  IVRS_UNKNOWN_BLOCK(NOTE, in(Source.AMD, "init_iommu_all"), "", IvrsConditions::unknownBlock),
  IVRS_UNKNOWN_ENTRY(
      NOTE, in(Source.AMD, "init_iommu_from_acpi"), "", IvrsConditions::unknownEntry),
  IVRS_BESIDE_DMAR(
      DROPS_PART,
      in(Source.X86, "pci_iommu_alloc", Versions.BESIDE),
      "",
      Ivrs.SIGNATURE,
      LinuxRule::besideDmar),
  MADT_SECOND_TABLE(
      DROPS_PART,
      in(Source.TABLES, "check_multiple_madt"),
      "BIOS bug: multiple APIC/MADT found, using %d",
      Madt.SIGNATURE,
      LinuxRule::second),
  MADT_IOAPIC_AT_ZERO(
      DROPS_PART,
      in(Source.IOAPIC, "mp_register_ioapic"),
      "Bogus (zero) I/O APIC address found, skipping!",
      IoApics::atZero),
  MADT_IOAPIC_TWICE(
      DROPS_PART,
      in(Source.IOAPIC, "mp_register_ioapic"),
      "address 0x%x conflicts with IOAPIC%d",
      IoApics::sameAddress),
  DMAR_CONTENT_LOST(
      DROPS_PART,
      in(Source.DMAR, "dmar_walk_remapping_entries, dmar_alloc_dev_scope", Versions.NOT_EACH),
      "",
      Dmar.SIGNATURE,
      LinuxRule::lost),
  IVRS_CONTENT_LOST(
      DROPS_PART,
      in(Source.AMD, "init_iommu_from_acpi, init_memory_definitions", Versions.NOT_EACH),
      "",
      Ivrs.SIGNATURE,
      LinuxRule::lost),
  MADT_CONTENT_LOST(
      DROPS_PART,
      in(Source.MADT, "acpi_parse_lapic, acpi_parse_x2apic, acpi_parse_ioapic", Versions.NOT_EACH),
      "",
      Madt.SIGNATURE,
      LinuxRule::lost),
  IORT_CONTENT_LOST(
      DROPS_PART,
      in(Source.IORT, "iort_scan_node", Versions.NOT_EACH),
      "IORT node pointer overflows, bad table!",
      Iort.SIGNATURE,
      LinuxRule::lost);

  /** Files of Linux. */
  private static final class Source {
    static final String DMAR = "drivers/iommu/intel/dmar.c";
    static final String VTD = "drivers/iommu/intel/iommu.c";
    static final String VTD_IR = "drivers/iommu/intel/irq_remapping.c";
    static final String AMD = "drivers/iommu/amd/init.c";
    static final String X86 = "arch/x86/kernel/pci-dma.c";
    static final String IOAPIC = "arch/x86/kernel/apic/io_apic.c";
    static final String TABLES = "drivers/acpi/tables.c";
    static final String TABLE = "drivers/acpi/acpica/tbxface.c";
    static final String ACPICA = "drivers/acpi/acpica/tbprint.c";
    static final String MADT = "arch/x86/kernel/acpi/boot.c";
    static final String IORT = "drivers/acpi/arm64/iort.c";

    private Source() {}
  }

  /** Kernels in which a rule holds. */
  private static final class Versions {
    static final String ALL = "5.10 to 7.0";
    static final String RMRR = "5.6 to 7.0";
    static final String SEGMENTS = "6.0 to 7.0";
    static final String BESIDE = "6.1 to 7.0";
    static final String OLD = "5.10 and 6.1";
    static final String NOT_EACH = ALL + ", not read in each";

    private Versions() {}
  }

  /**
   * Where in Linux a rule was read.
   *
   * @param versions the kernels in which it was read to hold
   */
  private record Place(String file, String function, String versions) {}

  private static Place in(String file, String function) {
    return in(file, function, Versions.ALL);
  }

  private static Place in(String file, String function, String versions) {
    return new Place(file, function, versions);
  }

  private final Effect effect;
  private final String source;
  private final String versions;
  private final String message;
  private final String signature;

  /** A method of one of the classes of conditions, which have no state. */
  @SuppressWarnings("ImmutableEnumChecker")
  private final BiFunction<LinuxView, LinuxRule, Stream<TableProblem>> condition;

  /** When a rule about a DMAR table applies. */
  private interface OnDmar {
    Stream<Spot> find(DmarUnits units);
  }

  /** When a rule about an IVRS table applies. */
  private interface OnIvrs {
    Stream<Spot> find(IvrsUnits units);
  }

  /** When a rule about an APIC table applies. */
  private interface OnMadt {
    Stream<Spot> find(Madt madt);
  }

  LinuxRule(Effect effect, Place place, String message, OnDmar condition) {
    this(
        effect,
        place,
        message,
        Dmar.SIGNATURE,
        (view, rule) -> view.dmar().flatMap(condition::find).map(spot -> spot.of(rule)));
  }

  LinuxRule(Effect effect, Place place, String message, OnIvrs condition) {
    this(
        effect,
        place,
        message,
        Ivrs.SIGNATURE,
        (view, rule) -> view.ivrs().flatMap(condition::find).map(spot -> spot.of(rule)));
  }

  LinuxRule(Effect effect, Place place, String message, OnMadt condition) {
    this(
        effect,
        place,
        message,
        Madt.SIGNATURE,
        (view, rule) -> view.madt().flatMap(condition::find).map(spot -> spot.of(rule)));
  }

  LinuxRule(
      Effect effect,
      Place place,
      String message,
      String signature,
      BiFunction<LinuxView, LinuxRule, Stream<TableProblem>> condition) {
    this.effect = effect;
    this.source = place.file() + ": " + place.function();
    this.versions = place.versions();
    this.message = message;
    this.signature = signature;
    this.condition = condition;
  }

  private static Stream<TableProblem> besideDmar(LinuxView view, LinuxRule rule) {
    return view.ivrs().flatMap(_ -> view.dmar()).map(_ -> Spot.at(0).of(rule));
  }

  /** What is in a table and cannot be read as what it should be has no effect. */
  private static Stream<TableProblem> lost(LinuxView view, LinuxRule rule) {
    return view.table(rule.signature)
        .flatMap(table -> table.problems().stream())
        .filter(TableProblem::losesContent);
  }

  /** {@return true if the rule is about whatever no other rule is about} */
  boolean isCatchAll() {
    return switch (this) {
      case DMAR_CONTENT_LOST, IVRS_CONTENT_LOST, MADT_CONTENT_LOST, IORT_CONTENT_LOST -> true;
      default -> false;
    };
  }

  private static Stream<TableProblem> second(LinuxView view, LinuxRule rule) {
    return view.tables().stream()
        .filter(table -> table.header().signature().equals(rule.signature))
        .skip(1)
        .limit(1)
        .map(_ -> Spot.at(0, new Reason.Name(rule.signature)).of(rule));
  }

  /** {@return the rule's name for programs: lower case, words separated by hyphens} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String meaning() {
    return id();
  }

  /** {@return what it does to Linux's use of the tables} */
  public Effect effect() {
    return effect;
  }

  /** {@return file and function of Linux} */
  public String source() {
    return source;
  }

  /** {@return the kernels in which the source was read to say so} */
  public String versions() {
    return versions;
  }

  /** {@return what the kernel prints, as its format string; empty if it prints nothing} */
  public String message() {
    return message;
  }

  /** {@return true if Linux remaps no interrupts where the rule applies} */
  boolean disablesInterruptRemapping() {
    return switch (this) {
      case DMAR_IOAPIC_WITHOUT_UNIT, IVRS_IOAPIC_WITHOUT_UNIT, IVRS_NO_SOUTHBRIDGE -> true;
      default -> false;
    };
  }

  /** {@return where the rule applies} */
  Stream<Remark> find(LinuxView view) {
    return condition.apply(view, this).map(place -> new Remark(this, signature, place));
  }
}
