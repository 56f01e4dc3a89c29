// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.memory.AddressRange;

/**
 * How one PHB is set.
 *
 * @param tar its table address register
 * @param configRw its configuration register
 * @param csr its channel status register
 * @param reserved the IOVAs that are not to be mapped, among them those that are not translated
 * @param wholeMemory true if there is no memory but what the memory says it has, so that hardware
 *     too fails to read a table elsewhere; false if, as in a dump, some is left out
 */
public record UnitConfig(
    long tar, long configRw, long csr, List<ReservedRegion> reserved, boolean wholeMemory) {

  public UnitConfig {
    reserved = List.copyOf(reserved);
  }

  /**
   * {@return a PHB as its registers say}
   *
   * @param phb 0 to 3
   */
  public static UnitConfig of(Chip chip, RegisterFile registers, int phb, boolean wholeMemory) {
    return new UnitConfig(
        Registers.read64(registers, Registers.tar(phb)),
        Registers.read32(registers, Registers.of(phb, PhbRegister.CONFIG_RW)),
        Registers.read32(registers, Registers.of(phb, PhbRegister.CSR)),
        ReservedRegions.of(chip, registers, phb),
        wholeMemory);
  }

  /** {@return the same PHB with windows of PCI bridges below it} */
  public UnitConfig withBridges(List<AddressRange> windows) {
    List<ReservedRegion> all = new ArrayList<>(reserved);
    windows.forEach(w -> all.add(new ReservedRegion(w, ReservedRegion.Kind.BRIDGE_WINDOW)));
    return new UnitConfig(tar, configRw, csr, all, wholeMemory);
  }

  /** {@return a PHB that translates by {@code table} and reserves as given, all memory known} */
  public static UnitConfig of(TceTable table, List<ReservedRegion> reserved) {
    return new UnitConfig(Tar.of(table), ConfigRw.enabling(0), 0, reserved, true);
  }

  /** {@return a PHB that translates by {@code table}, without windows, all memory known} */
  public static UnitConfig translating(Chip chip, TceTable table) {
    return of(table, ReservedRegions.of(chip));
  }
}
