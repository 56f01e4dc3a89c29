// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.crashlane.interrupt.Apics;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The one description of a machine: what has to be known of it besides its IOMMU tables.
 *
 * @param memory what it has of memory
 * @param crashRanges what {@code crashkernel=} reserved, at least one range, in any order
 * @param units its IOMMUs, as far as they are known
 * @param devices who makes requests
 * @param firmwareRegions what firmware has devices use, in RAM or not
 * @param apics what sends and takes interrupts besides devices
 * @param captureNeeds what the capture kernel needs of the crash ranges besides its drivers
 * @param sources where each of these is from, as far as that was noted
 */
public record Machine(
    Memory memory,
    List<AddressRange> crashRanges,
    List<Unit> units,
    List<Device> devices,
    List<FirmwareRegion> firmwareRegions,
    Apics apics,
    LowMemoryNeeds captureNeeds,
    Map<Aspect, Source> sources) {

  public Machine {
    crashRanges = List.copyOf(crashRanges);
    units = List.copyOf(units);
    devices = List.copyOf(devices);
    firmwareRegions = List.copyOf(firmwareRegions);
    sources = Map.copyOf(sources);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("a machine without a crash range: nothing to judge");
    }
  }

  /**
   * A machine whose memory is not encrypted and firmware uses nothing, with a capture kernel that
   * has no needs of its own. Nothing is known of its processors.
   *
   * @param ioApics as {@link Apics} has them
   */
  public Machine(
      List<AddressRange> ram,
      List<AddressRange> crashRanges,
      List<Device> devices,
      List<RequesterId> ioApics) {
    this(
        new Memory(ram),
        crashRanges,
        List.of(),
        devices,
        List.of(),
        new Apics(Processors.UNKNOWN, ioApics),
        LowMemoryNeeds.NONE,
        Map.of());
  }

  /** The same, whose IOAPICs' requester ids are not known either. */
  public Machine(List<AddressRange> ram, List<AddressRange> crashRanges, List<Device> devices) {
    this(ram, crashRanges, devices, List.of());
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
    return apics.processors();
  }

  /** {@return by which requester ids the IOMMU knows the IOAPICs; empty if that is not known} */
  public List<RequesterId> ioApics() {
    return apics.ioApics();
  }

  /** {@return the devices that the capture kernel needs to write the dump, as far as is known} */
  public List<Device> dumpPath() {
    return devices.stream().filter(Device::onDumpPath).toList();
  }

  /** {@return what has to be mapped to itself for the dump: the crash ranges, in their order} */
  public List<Window> windows() {
    return Window.ofCrashRanges(crashRanges);
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
        memory, crashRanges, units, devices, firmwareRegions, apics, captureNeeds, more);
  }

  /** {@return this machine, with each device once for every id that its requests may carry} */
  public Machine byRequester() {
    List<Device> each = devices.stream().flatMap(d -> d.byRequester().stream()).toList();
    return new Machine(
        memory, crashRanges, units, each, firmwareRegions, apics, captureNeeds, sources);
  }

  /** {@return this machine, with {@code regions} that firmware has devices use} */
  public Machine withFirmwareRegions(List<FirmwareRegion> regions) {
    return new Machine(memory, crashRanges, units, devices, regions, apics, captureNeeds, sources);
  }

  /** {@return this machine, with {@code known} processors} */
  public Machine withProcessors(Processors known) {
    Apics both = new Apics(known, apics.ioApics());
    return new Machine(
        memory, crashRanges, units, devices, firmwareRegions, both, captureNeeds, sources);
  }

  /** {@return this machine, with memory encrypted as {@code known}} */
  public Machine withEncryption(MemoryEncryption known) {
    Memory encrypted = new Memory(memory.ram(), memory.reserved(), known);
    return new Machine(
        encrypted, crashRanges, units, devices, firmwareRegions, apics, captureNeeds, sources);
  }

  /** {@return this machine, with a capture kernel of these needs} */
  public Machine withCaptureNeeds(LowMemoryNeeds needs) {
    return new Machine(memory, crashRanges, units, devices, firmwareRegions, apics, needs, sources);
  }
}
