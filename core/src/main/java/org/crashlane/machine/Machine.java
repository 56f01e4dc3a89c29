// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What the rule needs to know of a machine besides its IOMMU tables.
 *
 * @param ram where memory is, in rising order
 * @param crashRanges what {@code crashkernel=} reserved, at least one range, in any order
 * @param devices who makes requests
 * @param ioApics by which requester ids the IOMMU knows the IOAPICs, as the ACPI tables tell (DMAR
 *     scopes, IVRS special entries); empty if that is not known
 * @param firmwareRegions what firmware has devices use, in RAM or not
 * @param processors what interrupts go to
 * @param encryption whether memory is encrypted
 * @param captureNeeds what the capture kernel needs of the crash ranges besides its drivers
 */
public record Machine(
    List<AddressRange> ram,
    List<AddressRange> crashRanges,
    List<Device> devices,
    List<RequesterId> ioApics,
    List<FirmwareRegion> firmwareRegions,
    Processors processors,
    MemoryEncryption encryption,
    LowMemoryNeeds captureNeeds) {

  public Machine {
    ram = List.copyOf(ram);
    crashRanges = List.copyOf(crashRanges);
    devices = List.copyOf(devices);
    ioApics = List.copyOf(ioApics);
    firmwareRegions = List.copyOf(firmwareRegions);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("a machine without a crash range: nothing to judge");
    }
  }

  /**
   * A machine whose memory is not encrypted and firmware uses nothing, with a capture kernel that
   * has no needs of its own. Nothing is known of its processors.
   */
  public Machine(
      List<AddressRange> ram,
      List<AddressRange> crashRanges,
      List<Device> devices,
      List<RequesterId> ioApics) {
    this(
        ram,
        crashRanges,
        devices,
        ioApics,
        List.of(),
        Processors.UNKNOWN,
        MemoryEncryption.none(),
        LowMemoryNeeds.NONE);
  }

  /** The same, whose IOAPICs' requester ids are not known either. */
  public Machine(List<AddressRange> ram, List<AddressRange> crashRanges, List<Device> devices) {
    this(ram, crashRanges, devices, List.of());
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

  /** {@return this machine, with {@code regions} that firmware has devices use} */
  public Machine withFirmwareRegions(List<FirmwareRegion> regions) {
    return new Machine(
        ram, crashRanges, devices, ioApics, regions, processors, encryption, captureNeeds);
  }

  /** {@return this machine, with {@code known} processors} */
  public Machine withProcessors(Processors known) {
    return new Machine(
        ram, crashRanges, devices, ioApics, firmwareRegions, known, encryption, captureNeeds);
  }

  /** {@return this machine, with memory encrypted as {@code known}} */
  public Machine withEncryption(MemoryEncryption known) {
    return new Machine(
        ram, crashRanges, devices, ioApics, firmwareRegions, processors, known, captureNeeds);
  }

  /** {@return this machine, with a capture kernel of these needs} */
  public Machine withCaptureNeeds(LowMemoryNeeds needs) {
    return new Machine(
        ram, crashRanges, devices, ioApics, firmwareRegions, processors, encryption, needs);
  }
}
