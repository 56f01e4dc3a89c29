// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.acpi.AcpiFile;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Madt;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.linux.Effect;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.LinuxView.UnitOfDevice;
import org.crashlane.linux.MappedRegion;
import org.crashlane.linux.Remark;
import org.crashlane.machine.Processors;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.PagingUnit;
import org.crashlane.pci.RequesterId;

/**
 * The firmware's tables that a machine's file names: what Linux makes of them has to be what the
 * file says. The tables' own words stand in {@code docs/acpi.md}.
 */
final class FirmwareTables {
  private static final int FILES_MAX = 16;
  private static final int FILE_BYTES_MAX = 1 << 24;
  private static final int NAME_LENGTH = 1000;

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

  /**
   * {@return the processors that the APIC table has; {@code usual} if there is no such table} In
   * which mode they run it does not say, unless one has an id that only x2APIC mode reaches.
   */
  Processors processors(Processors usual) {
    List<Integer> ids =
        view.processors().stream()
            .filter(Madt.Processor::isEnabled)
            .map(processor -> (int) processor.apicId())
            .toList();
    if (ids.isEmpty()) {
      return usual;
    }
    Processors known = new Processors(ids, Processors.Mode.UNKNOWN);
    return known.beyondXapic().isEmpty() ? known : new Processors(ids, Processors.Mode.X2APIC);
  }

  /** Refuses a machine of which the tables say otherwise. */
  void check(MachineSpec spec) {
    if (spec.modeSpec() instanceof ModeSpec.Paging paging) {
      checkInUse(paging);
      checkUnits(paging);
      for (int i = 0; i < spec.devices().size(); i++) {
        checkDevice(spec, paging, i);
      }
      view.regions().forEach(region -> checkRegion(spec, paging, region));
    }
  }

  private void checkInUse(ModeSpec.Paging paging) {
    if (!view.translatesDma()) {
      String reason =
          view.remarks().stream()
              .filter(remark -> remark.rule().effect() == Effect.REFUSES_ALL)
              .findFirst()
              .map(FirmwareTables::text)
              .orElse("they name no IOMMU");
      throw names.wrong(
          "Linux uses no IOMMU of these tables: %s; expected mapping mode nommu, not %s"
              .formatted(reason, paging.mode().label()));
    }
  }

  private static String text(Remark remark) {
    return "%s at offset %s: %s (\"%s\")"
        .formatted(
            remark.signature(),
            Hex.of(remark.place().offset()),
            remark.place().reason(),
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
    List<AddressRange> reserved =
        paging.reserved().stream().map(ModeSpec.ReservedMemory::range).toList();
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
