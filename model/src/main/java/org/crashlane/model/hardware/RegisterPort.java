// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.iommu.Register;

/**
 * Registers as a CPU reaches them, by address: memory-mapped ones by physical address, those in PCI
 * configuration space by {@link ConfigAddress}. Values are as the CPU's instruction has them,
 * little-endian. Where there is no register, all bits read as ones and writes are lost.
 */
public interface RegisterPort {

  /** {@return the 32 bits at {@code address}, a multiple of 4, unsigned} */
  long read32(long address);

  /** {@return the 64 bits at {@code address}, a multiple of 8} */
  long read64(long address);

  /** Writes 32 bits at {@code address}, a multiple of 4. */
  void write32(long address, long value);

  /** Writes 64 bits at {@code address}, a multiple of 8. */
  void write64(long address, long value);

  /** {@return what {@code register} of the unit at {@code base} reads as, unsigned} */
  default long read(long base, Register register) {
    long address = base + register.offset();
    return register.sizeBytes() == Long.BYTES ? read64(address) : read32(address);
  }

  /** Writes all of {@code register} of the unit at {@code base}. */
  default void write(long base, Register register, long value) {
    long address = base + register.offset();
    if (register.sizeBytes() == Long.BYTES) {
      write64(address, value);
    } else {
      write32(address, value);
    }
  }
}
