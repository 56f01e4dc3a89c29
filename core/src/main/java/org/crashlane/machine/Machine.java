// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;

/**
 * The one description of a machine: what has to be known of it besides its IOMMU tables.
 *
 * @param memory what it has of memory
 * @param crashRanges what {@code crashkernel=} reserved, at least one range, in any order
 * @param units its IOMMUs, as far as they are known
 * @param devices who makes requests
 * @param firmwareRegions what firmware has devices use, in RAM or not
 * @param interrupts what sends and takes interrupts besides devices
 * @param captureNeeds what the capture kernel needs of the crash ranges besides its drivers
 * @param sources where each of these is from, as far as that was noted
 */
public record Machine(
    Memory memory,
    List<AddressRange> crashRanges,
    List<Unit> units,
    List<Device> devices,
    List<FirmwareRegion> firmwareRegions,
    Interrupts interrupts,
    LowMemoryNeeds captureNeeds,
    Map<Aspect, Source> sources) {

  public Machine {
    crashRanges = List.copyOf(crashRanges);
    units = List.copyOf(units);
    devices = List.copyOf(devices);
    firmwareRegions = List.copyOf(firmwareRegions);
    sources = Map.copyOf(sources);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("a machine without a crash range: nothing to check");
    }
  }

  /**
   * A machine whose memory is not encrypted and firmware uses nothing, with a capture kernel that
   * has no needs of its own. Nothing is known of its interrupts.
   */
  public Machine(List<AddressRange> ram, List<AddressRange> crashRanges, List<Device> devices) {
    this(
        new Memory(ram),
        crashRanges,
        List.of(),
        devices,
        List.of(),
        Interrupts.UNKNOWN,
        LowMemoryNeeds.NONE,
        Map.of());
  }

  /** {@return where memory is, in rising order} */
  public List<AddressRange> ram() {
    return memory.ram();
  }

  /** {@return whether memory is encrypted} */
  public MemoryEncryption encryption() {
    return memory.encryption();
  }

  /** {@return what interrupts go to} */
  public Processors processors() {
    return interrupts.processors();
  }

  /** {@return the devices that the capture kernel needs to write the dump, as far as is known} */
  public List<Device> dumpPath() {
    return devices.stream().filter(Device::onDumpPath).toList();
  }

  /** {@return what has to be mapped to itself for the dump: the crash ranges, then doorbells} */
  public List<Window> windows() {
    return Stream.concat(
            crashRanges.stream().map(Window::ofCrashRange),
            interrupts.doorbells().stream().map(Window::ofDoorbell))
        .toList();
  }

  /**
   * {@return the windows that {@code device} needs} A doorbell is not for its DMA masks to decide:
   * where it sends interrupts is programmed whole.
   */
  public List<Window> windowsFor(Device device) {
    List<AddressRange> within = crashRangesWithin(device);
    return windows().stream()
        .filter(window -> !window.isCrashRange() || within.contains(window.range()))
        .toList();
  }

  /**
   * {@return the crash ranges that the capture kernel may send {@code device} to} It copies what it
   * has in the others. Of a device whose masks are not known these are all.
   */
  public List<AddressRange> crashRangesWithin(Device device) {
    DmaMasks masks = device.masks();
    return crashRanges.stream()
        .filter(crash -> masks.streaming().mayReach(crash) || masks.coherent().mayReach(crash))
        .toList();
  }

  /** {@return the same of which {@code aspect} is from {@code source}} */
  public Machine from(Aspect aspect, Source source) {
    Map<Aspect, Source> more = new EnumMap<>(Aspect.class);
    more.putAll(sources);
    more.put(aspect, source);
    return new Machine(
        memory, crashRanges, units, devices, firmwareRegions, interrupts, captureNeeds, more);
  }

  /** {@return this machine, with each device once for every id that its requests may carry} */
  public Machine byRequester() {
    List<Device> each = devices.stream().flatMap(d -> d.byRequester().stream()).toList();
    return new Machine(
        memory, crashRanges, units, each, firmwareRegions, interrupts, captureNeeds, sources);
  }

  /** {@return this machine, with interrupts that are sent and taken by {@code known}} */
  public Machine withInterrupts(Interrupts known) {
    return new Machine(
        memory, crashRanges, units, devices, firmwareRegions, known, captureNeeds, sources);
  }

  /** {@return this machine, with memory encrypted as {@code known}} */
  public Machine withEncryption(MemoryEncryption known) {
    Memory encrypted = new Memory(memory.ram(), memory.reserved(), known);
    return new Machine(
        encrypted, crashRanges, units, devices, firmwareRegions, interrupts, captureNeeds, sources);
  }

  /** {@return this machine, with a capture kernel of these needs} */
  public Machine withCaptureNeeds(LowMemoryNeeds needs) {
    return new Machine(
        memory, crashRanges, units, devices, firmwareRegions, interrupts, needs, sources);
  }
}
