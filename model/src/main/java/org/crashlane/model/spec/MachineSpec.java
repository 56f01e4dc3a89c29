// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.machine.Memory;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.Unit;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;
import org.crashlane.rehearsal.MappingMode;

/**
 * A machine to crash: what is known of it, and what the model needs besides.
 *
 * @param name for people
 * @param summary what is special about it, in a sentence
 * @param era whose behaviour its kernels have
 * @param known what is known of it; its devices are those of {@code devices}, in their order
 * @param devices its devices, and how they behave
 * @param modeSpec how the primary kernel maps DMA, and with what
 */
public record MachineSpec(
    String name,
    String summary,
    Era era,
    Machine known,
    List<DeviceSpec> devices,
    ModeSpec modeSpec) {
  /** One processor, with an APIC that any kernel gets along with. */
  public static final Processors PLAIN_PROCESSORS =
      new Processors(List.of(0), Processors.Mode.XAPIC);

  public MachineSpec {
    devices = List.copyOf(devices);
    if (!known.devices().equals(devices.stream().map(DeviceSpec::device).toList())) {
      throw new IllegalArgumentException("other devices than those of the machine");
    }
  }

  /**
   * A machine of parts.
   *
   * @param ram where memory is, in rising order
   * @param crashRanges what {@code crashkernel=} reserved, in {@code ram}; at least one, in any
   *     order
   * @param processors what its interrupts go to
   */
  public MachineSpec(
      String name,
      String summary,
      Era era,
      List<AddressRange> ram,
      List<AddressRange> crashRanges,
      List<DeviceSpec> devices,
      Processors processors,
      ModeSpec modeSpec) {
    this(
        name,
        summary,
        era,
        new Machine(
            new Memory(ram, List.of(), encryption(modeSpec)),
            crashRanges,
            units(modeSpec, devices),
            devices.stream().map(DeviceSpec::device).toList(),
            firmwareRegions(modeSpec, devices),
            new Interrupts(processors, List.of()),
            LowMemoryNeeds.NONE,
            Map.of()),
        devices,
        modeSpec);
  }

  /** A machine whose processors are {@link #PLAIN_PROCESSORS}. */
  public MachineSpec(
      String name,
      String summary,
      Era era,
      List<AddressRange> ram,
      List<AddressRange> crashRanges,
      List<DeviceSpec> devices,
      ModeSpec modeSpec) {
    this(name, summary, era, ram, crashRanges, devices, PLAIN_PROCESSORS, modeSpec);
  }

  private static MemoryEncryption encryption(ModeSpec modeSpec) {
    return modeSpec instanceof ModeSpec.Amdvi amdvi
        ? amdvi.encryption().known()
        : MemoryEncryption.none();
  }

  private static List<Unit> units(ModeSpec modeSpec, List<DeviceSpec> devices) {
    return modeSpec instanceof ModeSpec.Paging paging
        ? paging.units().stream()
            .map(unit ->
                new Unit(
                    unit.name(),
                    unit.segment(),
                    unit.registerBase(),
                    devices.stream()
                        .filter(d -> d.unit().equals(unit.name()))
                        .map(DeviceSpec::requester)
                        .toList()))
            .toList()
        : List.of();
  }

  private static List<FirmwareRegion> firmwareRegions(ModeSpec modeSpec, List<DeviceSpec> devices) {
    return modeSpec.firmware().reserved().stream()
        .flatMap(memory ->
            devices.stream()
                .filter(d -> d.name().equals(memory.device()))
                .map(d -> new FirmwareRegion(d.requester(), memory.range())))
        .toList();
  }

  /** {@return where memory is, in rising order} */
  public List<AddressRange> ram() {
    return known.ram();
  }

  /** {@return what {@code crashkernel=} reserved, in any order} */
  public List<AddressRange> crashRanges() {
    return known.crashRanges();
  }

  /** {@return what its interrupts go to} */
  public Processors processors() {
    return known.processors();
  }

  /** {@return the mapping mode} */
  public MappingMode mode() {
    return modeSpec.mode();
  }

  /**
   * {@return what the machine has for its mapping mode}
   *
   * @throws IllegalArgumentException if that is not of {@code kind}
   */
  public <T extends ModeSpec> T spec(Class<T> kind) {
    if (kind.isInstance(modeSpec)) {
      return kind.cast(modeSpec);
    }
    throw new IllegalArgumentException(name + " has no " + kind.getSimpleName());
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

  /** {@return the devices behind the unit called {@code unit}} */
  public List<DeviceSpec> behind(String unit) {
    return devices.stream().filter(d -> d.unit().equals(unit)).toList();
  }

  /** {@return whether memory is encrypted} */
  public MemoryEncryption encryption() {
    return known.encryption();
  }

  /** {@return the crash ranges, and where arming maps them at other addresses too, these} */
  public List<AddressRange> windows() {
    if (!(modeSpec instanceof ModeSpec.Amdvi amdvi) || !amdvi.encryption().secondWindow()) {
      return crashRanges();
    }
    long bit = amdvi.encryption().known().addressMask();
    return Stream.concat(
            crashRanges().stream(),
            crashRanges().stream().map(r -> new AddressRange(r.first() | bit, r.last() | bit)))
        .toList();
  }

  /** {@return all memory: {@link #ram}, and what firmware has beside it} */
  public List<AddressRange> memory() {
    return Ranges.joined(
        Stream.concat(ram().stream(), firmwareMemory().stream().map(ReservedMemory::range))
            .toList());
  }

  /** {@return memory that firmware has devices use, in {@code ram} or not} */
  public List<ReservedMemory> firmwareMemory() {
    return modeSpec.firmware().reserved();
  }

  /** {@return memory that firmware has {@code device} use} */
  public List<AddressRange> firmwareMemoryOf(DeviceSpec device) {
    return firmwareMemory().stream()
        .filter(memory -> memory.device().equals(device.name()))
        .map(ReservedMemory::range)
        .toList();
  }

  /** {@return true if {@code range} touches a crash range} */
  public boolean inCrashRange(AddressRange range) {
    return crashRanges().stream().anyMatch(range::overlaps);
  }

  /** {@return the address behind the last byte of memory: Linux's {@code max_pfn} in bytes} */
  public long memoryEnd() {
    return ram().getLast().last() + 1;
  }
}
