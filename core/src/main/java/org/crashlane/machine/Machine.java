// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What the rule needs to know of a machine besides its IOMMU tables.
 *
 * @param ram where memory is, in rising order
 * @param crashRanges what {@code crashkernel=} reserved, at least one range
 * @param devices who makes requests
 * @param ioApics by which requester ids the IOMMU knows the IOAPICs, as the ACPI tables tell (DMAR
 *     scopes, IVRS special entries); empty if that is not known
 */
public record Machine(
    List<AddressRange> ram,
    List<AddressRange> crashRanges,
    List<Device> devices,
    List<RequesterId> ioApics) {

  public Machine {
    ram = List.copyOf(ram);
    crashRanges = List.copyOf(crashRanges);
    devices = List.copyOf(devices);
    ioApics = List.copyOf(ioApics);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("a machine without a crash range: nothing to judge");
    }
  }

  /** A machine whose IOAPICs' requester ids are not known. */
  public Machine(List<AddressRange> ram, List<AddressRange> crashRanges, List<Device> devices) {
    this(ram, crashRanges, devices, List.of());
  }
}
