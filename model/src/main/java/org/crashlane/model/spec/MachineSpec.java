// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.List;
import java.util.NoSuchElementException;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.MappingMode;

/**
 * A machine to crash.
 *
 * @param name for people
 * @param summary what is special about it, in a sentence
 * @param era whose behaviour its kernels have
 * @param ram where memory is, in rising order
 * @param crashRanges what {@code crashkernel=} reserved, in {@code ram}; at least one
 * @param devices its devices
 * @param modeSpec how the primary kernel maps DMA, and with what
 */
public record MachineSpec(
    String name,
    String summary,
    Era era,
    List<AddressRange> ram,
    List<AddressRange> crashRanges,
    List<DeviceSpec> devices,
    ModeSpec modeSpec) {

  public MachineSpec {
    ram = List.copyOf(ram);
    crashRanges = List.copyOf(crashRanges);
    devices = List.copyOf(devices);
  }

  /** {@return the mapping mode} */
  public MappingMode mode() {
    return modeSpec.mode();
  }

  /** {@return the devices that the dump goes through} */
  public List<DeviceSpec> dumpPath() {
    return devices.stream().filter(DeviceSpec::onDumpPath).toList();
  }

  /** {@return the device called {@code name}} */
  public DeviceSpec device(String name) {
    return devices.stream()
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no device is called " + name));
  }

  /** {@return true if {@code range} touches a crash range} */
  public boolean inCrashRange(AddressRange range) {
    return crashRanges.stream().anyMatch(range::overlaps);
  }

  /** {@return the address behind the last byte of memory: Linux's {@code max_pfn} in bytes} */
  public long memoryEnd() {
    return ram.getLast().last() + 1;
  }
}
