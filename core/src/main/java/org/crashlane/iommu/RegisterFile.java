// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** The registers of one IOMMU, read at offsets from its base: from a guest, a model or a record. */
public interface RegisterFile {

  /** {@return the 32 bits at {@code offset}, a multiple of 4, unsigned} */
  long read32(int offset);

  /** {@return the 64 bits at {@code offset}, a multiple of 8} */
  long read64(int offset);

  /** {@return what {@code register} holds, unsigned} */
  default long read(Register register) {
    return register.sizeBytes() == Long.BYTES
        ? read64(register.offset())
        : read32(register.offset());
  }
}
