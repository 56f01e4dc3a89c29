// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.InstalledTables;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.Madt;
import org.crashlane.acpi.RootPointer;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.MappedRegion;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Source;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.InTable;
import org.crashlane.rule.Reading.NoAcpiTable;
import org.crashlane.rule.Reading.StatedRegion;
import org.crashlane.rule.Reading.UnreadTable;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;

/**
 * What firmware has told a guest's kernel: its ACPI tables, read from the guest's memory, where the
 * kernel reads them too. It is not trusted: what it says of no device that the guest has, and what
 * cannot be read, is unknown.
 */
final class GuestFirmware {
  /** Firmware's own memory lies below, and no RSDP elsewhere: its RSDT has addresses of 32 bits. */
  private static final AddressRange SEARCHED = AddressRange.ofSize(0, 1L << 32);

  /** UEFI's own firmware (EDK2) puts the pointer behind another structure, at a multiple of 4. */
  private static final int STEP_BYTES = Integer.BYTES;

  private static final int CHUNK_BYTES = 1 << 20;

  private final InstalledTables tables;
  private final LinuxView view;
  private final List<FirmwareRegion> regions;
  private final List<MappedRegion> ofUnknownDevices = new ArrayList<>();

  private GuestFirmware(InstalledTables tables, PciTree tree) {
    this.tables = tables;
    this.view = new LinuxView(tables.tables());
    Set<FirmwareRegion> stated = new LinkedHashSet<>();
    for (MappedRegion region : view.statedRegions()) {
      boolean areAllKnown = tree.addUsers(region, stated);
      if (!areAllKnown) {
        ofUnknownDevices.add(region);
      }
    }
    this.regions = stated.stream().flatMap(tree::byRequester).distinct().toList();
  }

  /**
   * Reads it; the guest may run.
   *
   * @param functions what is on its PCI buses
   */
  static GuestFirmware read(Guest guest, List<PciFunction> functions) throws IOException {
    Optional<RootPointer> bios = RootPointer.inBiosArea(guest.memory());
    List<RootPointer> pointers = bios.isPresent() ? List.of(bios.get()) : search(guest);
    return new GuestFirmware(
        InstalledTables.read(guest.memory(), pointers), new PciTree(functions));
  }

  /** UEFI tells a kernel where the pointer is, and not us: it is looked for. */
  private static List<RootPointer> search(Guest guest) throws IOException {
    List<RootPointer> found = new ArrayList<>();
    try (SparingReader memory = guest.sparingReader()) {
      for (AddressRange range : memory.ranges()) {
        Optional<AddressRange> part = range.intersection(SEARCHED);
        if (part.isPresent()) {
          search(memory, part.get(), found);
        }
      }
    }
    return found;
  }

  private static void search(SparingReader memory, AddressRange range, List<RootPointer> found)
      throws IOException {
    // A pointer that crosses the end of a chunk is read with it.
    ByteBuffer chunk = SparingReader.buffer(CHUNK_BYTES + RootPointer.BYTES_MAX);
    for (long at = range.first(); range.contains(at); at += CHUNK_BYTES) {
      if (memory.isUntouched(
          AddressRange.ofSize(at, Math.min(CHUNK_BYTES, range.last() - at + 1)))) {
        continue;
      }
      memory.read(at, chunk);
      int end = Math.min(CHUNK_BYTES, chunk.limit() - Long.BYTES + 1);
      for (int i = 0; i < end && found.size() <= InstalledTables.POINTERS_MAX; i += STEP_BYTES) {
        if (chunk.getLong(i) == RootPointer.SIGNATURE) {
          byte[] pointer = new byte[Math.min(RootPointer.BYTES_MAX, chunk.limit() - i)];
          chunk.get(i, pointer);
          RootPointer.parse(pointer, 0, at + i).ifPresent(found::add);
        }
      }
    }
  }

  /** {@return memory that it has devices use, of devices that are known} */
  List<FirmwareRegion> regions() {
    return regions;
  }

  /** {@return which of its tables could be read, as the source of what is known by them} */
  Optional<Source> source() {
    return tables.tables().isEmpty()
        ? Optional.empty()
        : Optional.of(
            Source.read(
                tables.tables().stream()
                    .map(table -> "ACPI " + table.header().signature())
                    .distinct()
                    .collect(Collectors.joining(", "))));
  }

  /** {@return the APIC ids of the processors that it knows; none if that is not known} */
  List<Integer> apicIds() {
    return view.processors().stream()
        .filter(Madt.Processor::isEnabled)
        .map(processor -> (int) processor.apicId())
        .distinct()
        .toList();
  }

  /**
   * {@return what keeps its regions from being known, where that decides}
   *
   * @param iommu whose IOMMU the guest has; without one no firmware has such regions
   * @param isTranslating true if that translates
   */
  List<Finding> doubts(
      List<AddressRange> crashRanges, Optional<Vendor> iommu, boolean isTranslating) {
    List<Finding> doubts = new ArrayList<>();
    iommu
        .flatMap(vendor -> whyUnknown(signature(vendor), isTranslating))
        .ifPresent(why -> doubts.add(doubt(List.of(), List.of(why))));
    view.whyRegionsMayLack()
        .forEach((signature, why) ->
            doubts.add(
                doubt(List.of(), List.of(new InTable(signature, why.offset(), why.reason())))));
    ofUnknownDevices.forEach(
        region -> doubt(region, crashRanges, Fact.USERS_NOT_KNOWN).ifPresent(doubts::add));
    ofLaterTables()
        .forEach(region -> doubt(region, crashRanges, Fact.NOT_FIRST_TABLE).ifPresent(doubts::add));
    return doubts;
  }

  /**
   * {@return what tables say that Linux passes over, since another of the signature comes first}
   */
  private List<MappedRegion> ofLaterTables() {
    List<MappedRegion> later = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (AcpiTable table : tables.tables()) {
      if (!seen.add(table.header().signature())) {
        later.addAll(new LinuxView(List.of(table)).statedRegions());
      }
    }
    return later;
  }

  private static Optional<Finding> doubt(
      MappedRegion region, List<AddressRange> crashRanges, Fact why) {
    List<AddressRange> overlaps =
        crashRanges.stream().flatMap(crash -> crash.intersection(region.range()).stream()).toList();
    Evidence stated = new StatedRegion(region.name(), region.range(), region.devices());
    return overlaps.isEmpty()
        ? Optional.empty()
        : Optional.of(doubt(overlaps, List.of(stated, why)));
  }

  private static String signature(Vendor vendor) {
    return switch (vendor) {
      case VTD -> Dmar.SIGNATURE;
      case AMDVI -> Ivrs.SIGNATURE;
    };
  }

  private Optional<Evidence> whyUnknown(String signature, boolean isTranslating) {
    boolean isMissing =
        tables.tables().stream().noneMatch(t -> t.header().signature().equals(signature));
    return tables
        .whyUnread(signature)
        .<Evidence>map(why -> new UnreadTable(signature, why))
        .or(() ->
            isMissing && isTranslating
                ? Optional.of(new NoAcpiTable(signature))
                : Optional.empty());
  }

  private static Finding doubt(List<AddressRange> addresses, List<Evidence> why) {
    return new Finding(
        FindingCode.F1, Severity.UNKNOWN, Part.FIRMWARE, addresses, why, List.of(Step.SHOW_ACPI));
  }
}
