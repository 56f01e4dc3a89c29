// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.memory.AddressRange;

/**
 * What the rule needs to know of a machine besides its IOMMU tables.
 *
 * @param ram where memory is, in rising order
 * @param crashRanges what {@code crashkernel=} reserved, at least one range
 * @param devices who makes requests
 */
public record Machine(
    List<AddressRange> ram, List<AddressRange> crashRanges, List<Device> devices) {

  public Machine {
    ram = List.copyOf(ram);
    crashRanges = List.copyOf(crashRanges);
    devices = List.copyOf(devices);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("a machine without a crash range: nothing to judge");
    }
  }
}
