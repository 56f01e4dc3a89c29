// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;

/**
 * What a unit can do, by its capability registers.
 *
 * @param cap the capability register
 * @param ecap the extended capability register
 */
public record Capabilities(long cap, long ecap) {
  /** The highest level whose entries may map pages: CAP.SLLPS has no use above 1 GiB today. */
  private static final int LARGEST_LEAF_LEVEL = 3;

  /** {@return the capabilities that {@code registers} show} */
  public static Capabilities of(RegisterFile registers) {
    return new Capabilities(registers.read(Registers.CAP), registers.read(Registers.ECAP));
  }

  /** {@return true if second-level tables of {@code levels} levels can be used (CAP.SAGAW)} */
  public boolean supportsLevels(int levels) {
    int code = ContextEntry.addressWidthCode(levels);
    return code < Cap.SAGAW.width() && (Cap.SAGAW.get(cap) & (1L << code)) != 0;
  }

  /** {@return true if there is a larger number of levels than {@code levels} to choose (SAGAW)} */
  public boolean supportsMoreLevelsThan(int levels) {
    int code = ContextEntry.addressWidthCode(levels);
    return Cap.SAGAW.get(cap) >>> (code + 1) != 0;
  }

  /** {@return how many bits an IOVA may have (CAP.MGAW)} */
  public int maximumAddressWidth() {
    return (int) Cap.MGAW.get(cap) + 1;
  }

  /** {@return true if a second-level entry at {@code level} may map a page (CAP.SLLPS)} */
  public boolean supportsLeafAt(int level) {
    return level == 1
        || (level <= LARGEST_LEAF_LEVEL && (Cap.SLLPS.get(cap) & (1L << (level - 2))) != 0);
  }

  /** {@return true if a first-level entry at {@code level} may map a page (CAP.FL1GP)} */
  public boolean supportsFirstLevelLeafAt(int level) {
    return level <= 2 || (level == LARGEST_LEAF_LEVEL && Cap.FL1GP.isSet(cap));
  }

  /** {@return true if entries that are not present may be cached (CAP.CM)} */
  public boolean cachesAbsent() {
    return Cap.CM.isSet(cap);
  }

  /** {@return true if context entries may let requests pass (ECAP.PT)} */
  public boolean passThrough() {
    return Ecap.PT.isSet(ecap);
  }

  /** {@return true if devices may have TLBs of their own (ECAP.DT)} */
  public boolean deviceTlb() {
    return Ecap.DT.isSet(ecap);
  }

  /** {@return true if leaves may ask for snooping (ECAP.SC)} */
  public boolean snoopControl() {
    return Ecap.SC.isSet(ecap);
  }

  /** {@return offset of the first fault record from the unit's base, in bytes (CAP.FRO)} */
  public int faultRecordOffset() {
    return (int) Cap.FRO.get(cap) * Registers.OFFSET_UNIT_BYTES;
  }

  /** {@return offset of the IOTLB registers from the unit's base, in bytes (ECAP.IRO)} */
  public int iotlbOffset() {
    return (int) Ecap.IRO.get(ecap) * Registers.OFFSET_UNIT_BYTES;
  }
}
