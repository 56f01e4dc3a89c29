// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * Where the device table is: in one piece, or in 2, 4 or 8 segments that the upper bits of a device
 * id choose from (AMD 48882, "Device Table Segmentation").
 *
 * @param registers the base address register of each segment
 */
public record DeviceTableBase(List<Long> registers) {
  /** How far the segments' number can go, as a power of two; above it the field is reserved. */
  static final int SEGMENTS_ORDER_MAX = 3;

  private static final int PAGE_ORDER = 12;
  private static final int ID_BITS = 16;

  public DeviceTableBase {
    registers = List.copyOf(registers);
    if (Integer.bitCount(registers.size()) != 1 || registers.size() > 1 << SEGMENTS_ORDER_MAX) {
      throw new IllegalArgumentException("not 1, 2, 4 or 8 segments: " + registers.size());
    }
  }

  /** {@return the device table that {@code registers} point to} */
  static DeviceTableBase of(RegisterFile registers) {
    long control = registers.read(Registers.CONTROL);
    int order = Math.min((int) Control.DEV_TBL_SEG_EN.get(control), SEGMENTS_ORDER_MAX);
    List<Long> bases = new ArrayList<>();
    bases.add(registers.read(Registers.DEV_TAB_BASE));
    for (int segment = 1; segment < 1 << order; segment++) {
      bases.add(registers.read(Registers.DEV_TAB_SEG_1.movedBy((segment - 1) * Long.BYTES)));
    }
    return new DeviceTableBase(bases);
  }

  /** {@return a device table in one piece, of all 65,536 entries} */
  public static DeviceTableBase whole(long address) {
    return new DeviceTableBase(List.of(register(address, DeviceTableEntry.BYTES << ID_BITS)));
  }

  /**
   * {@return the base address register of a segment}
   *
   * @param sizeBytes whole pages of 4 KiB, up to 2 MiB
   */
  public static long register(long address, long sizeBytes) {
    return DevTabBase.BASE.inPlace(address) | DevTabBase.SIZE.of((sizeBytes >>> PAGE_ORDER) - 1);
  }

  /** {@return size in bytes of the table that {@code register} names} */
  public static long sizeBytes(long register) {
    return (DevTabBase.SIZE.get(register) + 1) << PAGE_ORDER;
  }

  /** {@return how many device ids each segment serves} */
  int idsOfSegment() {
    return (1 << ID_BITS) / registers.size();
  }

  /** {@return how many segments there are} */
  int segmentCount() {
    return registers.size();
  }

  /** {@return how many entries {@code segment} has; ids beyond have none} */
  int entryCount(int segment) {
    long bytes = sizeBytes(registers.get(segment));
    return (int) Math.min(bytes / DeviceTableEntry.BYTES, idsOfSegment());
  }

  /**
   * {@return physical address of a segment's first entry}
   *
   * @param encryptionMask the address bits that say encrypted, and are no address
   */
  long address(int segment, long encryptionMask) {
    return DevTabBase.BASE.inPlace(registers.get(segment)) & ~encryptionMask;
  }

  /** {@return where each segment lies, of those with entries} */
  public List<AddressRange> ranges(long encryptionMask) {
    List<AddressRange> ranges = new ArrayList<>();
    for (int segment = 0; segment < segmentCount(); segment++) {
      long sizeBytes = (long) entryCount(segment) * DeviceTableEntry.BYTES;
      ranges.add(AddressRange.ofSize(address(segment, encryptionMask), sizeBytes));
    }
    return ranges;
  }

  /** {@return physical address of the requester's entry, or nothing if the table ends before} */
  public OptionalLong entryAddress(RequesterId requester, long encryptionMask) {
    int segment = requester.value() / idsOfSegment();
    int index = requester.value() % idsOfSegment();
    return index < entryCount(segment)
        ? OptionalLong.of(address(segment, encryptionMask) + (long) index * DeviceTableEntry.BYTES)
        : OptionalLong.empty();
  }
}
