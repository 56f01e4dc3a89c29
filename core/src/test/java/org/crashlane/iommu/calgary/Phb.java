// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.Map;
import java.util.TreeMap;
import org.crashlane.iommu.RegisterFile;

/** Registers of one chip, as bytes in the order in which the chip has them. */
final class Phb implements RegisterFile {
  private final Map<Integer, Long> halves = new TreeMap<>();

  /** Sets a register of 32 bits. */
  Phb with(int phb, PhbRegister register, long value) {
    halves.put(Registers.of(phb, register), value);
    return this;
  }

  /** Sets the table address register. */
  Phb withTar(int phb, long value) {
    halves.put(Registers.tar(phb), value >>> Integer.SIZE);
    halves.put(Registers.tar(phb) + Integer.BYTES, value & 0xffff_ffffL);
    return this;
  }

  @Override
  public long read32(int offset) {
    int value = halves.getOrDefault(offset, 0L).intValue();
    return Integer.toUnsignedLong(Integer.reverseBytes(value));
  }

  @Override
  public long read64(int offset) {
    return read32(offset) | read32(offset + Integer.BYTES) << Integer.SIZE;
  }
}
