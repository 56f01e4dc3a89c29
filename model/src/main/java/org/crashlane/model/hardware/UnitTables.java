// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.List;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.model.spec.DeviceSpec;

/**
 * The tables of one IOMMU unit as they are.
 *
 * @param unit its name in the machine's description
 * @param segment the PCI segment that they are about
 * @param tables what they say
 * @param devices who is behind it
 */
public record UnitTables(
    String unit, int segment, TranslationTables tables, List<DeviceSpec> devices) {
  public UnitTables {
    devices = List.copyOf(devices);
  }

  /** Tables about segment 0. */
  public UnitTables(String unit, TranslationTables tables, List<DeviceSpec> devices) {
    this(unit, 0, tables, devices);
  }
}
