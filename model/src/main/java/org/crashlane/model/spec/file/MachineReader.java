// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.crashlane.interrupt.Processors;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** Reads a whole machine: memory first, then what maps DMA, then the devices. */
final class MachineReader {
  /** {@code $schema} is for editors. */
  private static final List<String> FIELDS =
      List.of(
          "$schema",
          "name",
          "summary",
          "era",
          "ram",
          "crash",
          "mapping",
          "devices",
          "processors",
          "acpi");

  /** What no file lacks, and no table changes. */
  private static final List<Aspect> OF_THE_FILE =
      List.of(
          Aspect.MEMORY, Aspect.CRASH_RANGES, Aspect.DEVICES, Aspect.DMA_MASKS, Aspect.DUMP_PATH);

  private static final int SUMMARY_LENGTH = 200;
  private static final int SCHEMA_LENGTH = 1000;

  private static final int APIC_ID_MAX = 0xff_ffff;
  private static final Map<String, Processors.Mode> PROCESSOR_MODES =
      byLabel(
          new Processors.Mode[] {
            Processors.Mode.XAPIC, Processors.Mode.X2APIC, Processors.Mode.X2APIC_LOCKED
          },
          mode -> mode.name().toLowerCase(Locale.ROOT).replace('_', '-'));

  /** More ranges, units or regions than any machine has. */
  static final int LIST_LIMIT = 4096;

  private final ObjectValue machine;
  private final Source file;

  private final Path folder;

  /**
   * @param folder that names of other files are relative to
   */
  MachineReader(Value value, Path folder) {
    this.machine = value.object(FIELDS);
    this.file = Source.given(value.source());
    this.folder = folder;
  }

  MachineSpec machine() {
    machine.optional("$schema").ifPresent(schema -> schema.line(SCHEMA_LENGTH));
    String name = machine.required("name").name();
    String summary = machine.required("summary").line(SUMMARY_LENGTH);
    Era era =
        machine
            .optional("era")
            .map(e -> e.choice(byLabel(Era.values(), Era::label)))
            .orElse(Era.LINUX_6);
    List<AddressRange> ram = MemoryReader.ram(machine.required("ram").items(1, LIST_LIMIT));
    List<AddressRange> crash = MemoryReader.crash(machine.required("crash"), ram);
    ModeReader modeReader = new ModeReader(machine.required("mapping"), ram);
    ModeSpec mode = modeReader.mode();
    modeReader.checkEra(mode, era);
    List<DeviceSpec> devices = new DeviceReader(mode).devices(machine.required("devices"));
    modeReader.checkDevices(mode, devices);
    Optional<FirmwareTables> tables =
        machine.optional("acpi").map(names -> new FirmwareTables(machine, names, folder));
    Processors processors =
        machine
            .optional("processors")
            .map(MachineReader::processors)
            .orElseGet(() ->
                tables
                    .map(t -> t.processors(MachineSpec.PLAIN_PROCESSORS))
                    .orElse(MachineSpec.PLAIN_PROCESSORS));
    MachineSpec spec = new MachineSpec(name, summary, era, ram, crash, devices, processors, mode);
    return withSources(tables.map(t -> t.applied(spec)).orElse(spec), spec, tables);
  }

  /**
   * Notes what the file says, what the tables that it names say, and what is taken for granted.
   *
   * @param described the machine without its tables
   */
  private MachineSpec withSources(
      MachineSpec spec, MachineSpec described, Optional<FirmwareTables> tables) {
    Source firmware = tables.map(FirmwareTables::source).orElse(file);
    boolean isEncrypted = !(spec.encryption() instanceof MemoryEncryption.None);
    boolean hasItsRegions = spec.firmwareMemory().equals(described.firmwareMemory());
    Machine known =
        spec.known()
            .from(Aspect.ENCRYPTION, isEncrypted ? file : Source.assumed())
            .from(Aspect.UNITS, spec.mode() == described.mode() ? file : firmware)
            .from(Aspect.FIRMWARE_REGIONS, hasItsRegions ? file : firmware)
            .from(Aspect.PROCESSORS, processorsSource(tables));
    for (Aspect aspect : OF_THE_FILE) {
      known = known.from(aspect, file);
    }
    return new MachineSpec(
        spec.name(), spec.summary(), spec.era(), known, spec.devices(), spec.modeSpec());
  }

  private Source processorsSource(Optional<FirmwareTables> tables) {
    return machine.optional("processors").isPresent()
        ? file
        : tables
            .filter(FirmwareTables::hasProcessors)
            .map(FirmwareTables::source)
            .orElse(Source.assumed());
  }

  private static Processors processors(Value value) {
    ObjectValue object = value.object(List.of("apic-ids", "mode"));
    List<Integer> ids =
        object.required("apic-ids").items(1, LIST_LIMIT).stream()
            .map(id -> id.number(0, APIC_ID_MAX))
            .toList();
    if (Set.copyOf(ids).size() < ids.size()) {
      throw object.required("apic-ids").wrong("an id is in the list twice");
    }
    Processors.Mode mode = object.required("mode").choice(PROCESSOR_MODES);
    Processors processors = new Processors(ids, mode);
    if (mode == Processors.Mode.XAPIC && !processors.beyondXapic().isEmpty()) {
      throw object.required("apic-ids").wrong("ids of 255 and more need mode x2apic");
    }
    return processors;
  }

  /** {@return the constants of an enum by what users call them} */
  static <E extends Enum<E>> Map<String, E> byLabel(E[] values, Function<E, String> label) {
    Map<String, E> byLabel = new LinkedHashMap<>();
    Arrays.stream(values).forEach(value -> byLabel.put(label.apply(value), value));
    return byLabel;
  }
}
