// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.acpi.AcpiFile;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Madt;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.interrupt.Processors;
import org.crashlane.linux.Effect;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.LinuxView.UnitOfDevice;
import org.crashlane.linux.MappedRegion;
import org.crashlane.linux.Remark;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.Source;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.Nommu;
import org.crashlane.model.spec.ModeSpec.PagingUnit;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;
import org.crashlane.model.spec.ModeSpec.Swiotlb;
import org.crashlane.pci.RequesterId;

/**
 * The firmware's tables that a machine's file names. What Linux makes of them has to be what the
 * file says; but where it refuses them it runs without the IOMMU, whatever that could do. The
 * tables' own words stand in {@code docs/acpi.md}.
 */
final class FirmwareTables {
  private static final int FILES_MAX = 16;
  private static final int FILE_BYTES_MAX = 1 << 24;
  private static final int NAME_LENGTH = 1000;
  private static final int REASONS_MAX = 4;

  /** All that devices write to as memory. */
  private static final List<AddressRange> ADDRESSES =
      List.of(
          new AddressRange(0, InterruptWindow.RANGE.first() - 1),
          new AddressRange(InterruptWindow.RANGE.last() + 1, MemoryReader.PHYSICAL.last()));

  private final ObjectValue machine;
  private final Value names;
  private final LinuxView view;

  /**
   * Reads the tables.
   *
   * @param folder that the names are relative to
   */
  FirmwareTables(ObjectValue machine, Value names, Path folder) {
    this.machine = machine;
    this.names = names;
    List<AcpiTable> tables = new ArrayList<>();
    for (Value name : names.items(1, FILES_MAX)) {
      tables.addAll(tables(name, folder));
    }
    this.view = new LinuxView(tables);
  }

  private static List<AcpiTable> tables(Value name, Path folder) {
    String text = name.line(NAME_LENGTH);
    try (InputStream in = Files.newInputStream(folder.resolve(text))) {
      byte[] bytes = in.readNBytes(FILE_BYTES_MAX + 1);
      if (bytes.length > FILE_BYTES_MAX) {
        throw name.wrong("the file has more than " + (FILE_BYTES_MAX >> 20) + " MiB");
      }
      return AcpiFile.read(text, bytes).tables().stream().map(AcpiFile.Found::table).toList();
    } catch (MalformedInputException e) {
      throw name.wrong(e.getMessage());
    } catch (IOException | InvalidPathException e) {
      throw name.wrong("the file " + Value.quoted(text) + " cannot be read");
    }
  }

  /** {@return true if the APIC table has processors that are in use} */
  boolean hasProcessors() {
    return view.processors().stream().anyMatch(Madt.Processor::isEnabled);
  }

  /** {@return the files that the tables were read from} */
  Source source() {
    return Source.read(
        names.items(1, FILES_MAX).stream()
            .map(name -> name.line(NAME_LENGTH))
            .collect(Collectors.joining(", ")));
  }

  /**
   * {@return the processors that the APIC table has; {@code usual} if there is no such table} In
   * which mode they run it does not say, unless one has an id that only x2APIC mode reaches.
   */
  Processors processors(Processors usual) {
    // Without an IOMMU nothing remaps interrupts, and Linux starts those alone that xAPIC reaches.
    List<Integer> ids =
        view.processors().stream()
            .filter(Madt.Processor::isEnabled)
            .map(processor -> (int) processor.apicId())
            .filter(id ->
                refusal().isEmpty() || Integer.compareUnsigned(id, Processors.BEYOND_XAPIC) < 0)
            .toList();
    if (ids.isEmpty()) {
      return usual;
    }
    Processors known = new Processors(ids, Processors.Mode.UNKNOWN);
    return known.beyondXapic().isEmpty() ? known : new Processors(ids, Processors.Mode.X2APIC);
  }

  /**
   * {@return the machine as Linux runs it with these tables}
   *
   * @throws MachineFileException if they say otherwise than the file
   */
  MachineSpec applied(MachineSpec spec) {
    return switch (spec.modeSpec()) {
      case ModeSpec.Gart _, ModeSpec.Calgary _ -> spec;
      case ModeSpec.Nommu _ -> changed(spec, new Nommu(firmware(spec)));
      case Swiotlb swiotlb ->
          changed(spec, new Swiotlb(swiotlb.poolBytes(), swiotlb.force(), firmware(spec)));
      case ModeSpec.Paging paging -> applied(spec, paging);
    };
  }

  private MachineSpec applied(MachineSpec spec, ModeSpec.Paging paging) {
    if (view.translatesDma()) {
      checkUnits(paging);
      for (int i = 0; i < spec.devices().size(); i++) {
        checkDevice(spec, paging, i);
      }
      view.regions().forEach(region -> checkRegion(spec, paging, region));
      return spec;
    }
    if (refusal().isEmpty()) {
      throw names.wrong(
          "the tables name no IOMMU: expected mapping mode nommu, not " + paging.mode().label());
    }
    if (!(spec.encryption() instanceof MemoryEncryption.None)) {
      throw names.wrong(
          "Linux uses no IOMMU of these tables, and encrypted memory is modelled with one alone: "
              + text(refusal().getFirst()));
    }
    // Without an IOMMU, Linux 6.1 bounces where memory ends above 4 GiB: arch/x86/kernel/pci-dma.c.
    return changed(
        spec,
        spec.memoryEnd() <= 1L << Integer.SIZE
            ? new Nommu(firmware(spec))
            : new Swiotlb(Swiotlb.DEFAULT_POOL_BYTES, false, firmware(spec)));
  }

  private static MachineSpec changed(MachineSpec spec, ModeSpec mode) {
    return new MachineSpec(
        spec.name(),
        spec.summary(),
        spec.era(),
        spec.ram(),
        spec.crashRanges(),
        spec.devices().stream().map(DeviceSpec::withoutUnit).toList(),
        spec.processors(),
        mode);
  }

  private List<Remark> refusal() {
    return view.remarks().stream()
        .filter(remark -> remark.rule().effect() == Effect.REFUSES_ALL && !view.translatesDma())
        .limit(REASONS_MAX)
        .toList();
  }

  /** Firmware's devices write where they write, whatever Linux makes of the table. */
  private ModeSpec.Firmware firmware(MachineSpec spec) {
    List<ReservedMemory> reserved = new ArrayList<>(spec.firmwareMemory());
    for (DeviceSpec device : spec.devices()) {
      List<AddressRange> known = spec.firmwareMemoryOf(device);
      view.regionsOf(inTables(device)).stream()
          .map(FirmwareTables::wholePages)
          .flatMap(region -> ADDRESSES.stream().flatMap(a -> region.intersection(a).stream()))
          .filter(region -> Long.compareUnsigned(region.last(), device.dmaMask()) <= 0)
          .filter(region -> !contains(known, region))
          .map(region -> new ReservedMemory(device.name(), region))
          .forEach(reserved::add);
    }
    return new ModeSpec.Firmware(reserved, refusal());
  }

  private static AddressRange wholePages(AddressRange range) {
    return new AddressRange(
        Alignment.down(range.first(), MemoryReader.PAGE_BYTES),
        range.last() | (MemoryReader.PAGE_BYTES - 1));
  }

  private static String text(Remark remark) {
    return "%s at offset %s: %s (\"%s\")"
        .formatted(
            remark.signature(),
            Hex.of(remark.place().offset()),
            remark.rule().id(),
            remark.rule().message());
  }

  private void checkUnits(ModeSpec.Paging paging) {
    List<? extends PagingUnit> units = paging.units();
    for (int i = 0; i < units.size(); i++) {
      PagingUnit unit = units.get(i);
      boolean inTable =
          view.units().stream()
              .anyMatch(known ->
                  known.registerBase() == unit.registerBase() && known.segment() == unit.segment());
      if (!inTable) {
        throw item("units", i, "registers")
            .wrong(
                "the tables name no unit at %s in segment %04x that Linux uses"
                    .formatted(Hex.of(unit.registerBase()), unit.segment()));
      }
    }
  }

  private void checkDevice(MachineSpec spec, ModeSpec.Paging paging, int index) {
    DeviceSpec device = spec.devices().get(index);
    Value place = machine.required("devices").items(1, MachineReader.LIST_LIMIT).get(index);
    RequesterId known = inTables(device);
    switch (view.unitOf(known)) {
      case UnitOfDevice.Served(LinuxView.Unit unit) -> {
        PagingUnit own = paging.units().get(paging.unitNames().indexOf(device.unit()));
        if (unit.registerBase() != own.registerBase()) {
          throw place.wrong(
              "by the tables the unit at %s serves device %s, and not %s"
                  .formatted(Hex.of(unit.registerBase()), device.name(), device.unit()));
        }
      }
      case UnitOfDevice.Unserved _ ->
          throw place.wrong("by the tables no unit serves device " + device.name());
      case UnitOfDevice.Unknown _ -> {}
    }
    for (AddressRange region : view.regionsOf(known)) {
      if (!contains(spec.firmwareMemoryOf(device), region)) {
        throw place.wrong(
            "by the tables firmware has device %s use %s: expected it in reserved-memory"
                .formatted(device.name(), region));
      }
    }
  }

  /** Tables know nothing of segments that a controller makes (VMD), but of the controller. */
  private static RequesterId inTables(DeviceSpec device) {
    RequesterId address = device.address();
    RequesterId requester = device.requester();
    return requester.segment() == address.segment() ? address : requester;
  }

  /** A device that the file does not have writes into the crash range like any other. */
  private void checkRegion(MachineSpec spec, ModeSpec.Paging paging, MappedRegion region) {
    boolean inCrashRange = spec.crashRanges().stream().anyMatch(region.range()::overlaps);
    List<AddressRange> reserved = paging.reserved().stream().map(ReservedMemory::range).toList();
    if (inCrashRange && !contains(reserved, region.range())) {
      throw names.wrong(
          "%s at offset %s has %s of the crash range used by %s: expected the device, and it in"
                  .formatted(
                      region.name(),
                      Hex.of(region.at().offset()),
                      region.range(),
                      region.devices().isEmpty()
                          ? "no device"
                          : String.join(", ", region.devices()))
              + " reserved-memory");
    }
  }

  private static boolean contains(List<AddressRange> ranges, AddressRange range) {
    return ranges.stream().anyMatch(known -> known.contains(range));
  }

  private Value item(String list, int index, String field) {
    Value mapping = machine.required("mapping");
    return mapping
        .anyObject(list)
        .required(list)
        .items(1, MachineReader.LIST_LIMIT)
        .get(index)
        .anyObject(field)
        .required(field);
  }
}
