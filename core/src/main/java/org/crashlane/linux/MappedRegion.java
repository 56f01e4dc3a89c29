// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.Ivrs;
import org.crashlane.memory.AddressRange;

/**
 * Memory that Linux maps at its own address for devices that firmware uses.
 *
 * @param at where its structure stands in the table
 * @param name the specification's abbreviation of the structure, RMRR or IVMD
 * @param segment PCI segment of the devices
 * @param range the memory
 * @param devices the devices, as the table names them
 */
public record MappedRegion(
    Extent at, String name, int segment, AddressRange range, List<String> devices) {
  public MappedRegion {
    devices = List.copyOf(devices);
  }

  /** {@return the regions of RMRR structures that are ranges, in the table's order} */
  static List<MappedRegion> of(Dmar dmar) {
    return dmar.reservedRegions().stream()
        .filter(rmrr -> rmrr.isOrdered())
        .map(rmrr ->
            new MappedRegion(
                rmrr.at(),
                rmrr.name(),
                rmrr.segment(),
                rmrr.region(),
                rmrr.scopes().stream().map(scope -> scope.text()).toList()))
        .toList();
  }

  /** {@return the regions of IVMD blocks that are ranges, in the table's order} */
  static List<MappedRegion> of(Ivrs ivrs) {
    return ivrs.memoryDefinitions().stream()
        .flatMap(memory ->
            memory.region().stream()
                .map(range ->
                    new MappedRegion(
                        memory.at(),
                        memory.name(),
                        memory.segment(),
                        range,
                        List.of(memory.devicesText()))))
        .toList();
  }
}
