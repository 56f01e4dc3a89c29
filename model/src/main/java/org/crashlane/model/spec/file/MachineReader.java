// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** Reads a whole machine: memory first, then what maps DMA, then the devices. */
final class MachineReader {
  /** {@code $schema} is for editors. */
  private static final List<String> FIELDS =
      List.of("$schema", "name", "summary", "era", "ram", "crash", "mapping", "devices");

  private static final int SUMMARY_LENGTH = 200;
  private static final int SCHEMA_LENGTH = 1000;
  private static final int RAM_RANGES = 16;

  /** Linux makes two for {@code crashkernel=...,high}: a high one and a low one. */
  private static final int CRASH_RANGES = 2;

  private final ObjectValue machine;

  MachineReader(Value value) {
    this.machine = value.object(FIELDS);
  }

  MachineSpec machine() {
    machine.optional("$schema").ifPresent(schema -> schema.line(SCHEMA_LENGTH));
    String name = machine.required("name").name();
    String summary = machine.required("summary").line(SUMMARY_LENGTH);
    Era era =
        machine
            .optional("era")
            .map(e -> e.choice(byLabel(Era.values(), Era::label)))
            .orElse(Era.TODAY);
    List<AddressRange> ram = MemoryReader.ram(machine.required("ram").items(1, RAM_RANGES));
    List<AddressRange> crash =
        MemoryReader.crash(machine.required("crash").items(1, CRASH_RANGES), ram);
    ModeReader modeReader = new ModeReader(machine.required("mapping"), ram);
    ModeSpec mode = modeReader.mode();
    modeReader.checkEra(mode, era);
    List<DeviceSpec> devices = new DeviceReader(mode).devices(machine.required("devices"));
    modeReader.checkDevices(devices);
    return new MachineSpec(name, summary, era, ram, crash, devices, mode);
  }

  /** {@return the constants of an enum by what users call them} */
  static <E extends Enum<E>> Map<String, E> byLabel(E[] values, Function<E, String> label) {
    Map<String, E> byLabel = new LinkedHashMap<>();
    Arrays.stream(values).forEach(value -> byLabel.put(label.apply(value), value));
    return byLabel;
  }
}
