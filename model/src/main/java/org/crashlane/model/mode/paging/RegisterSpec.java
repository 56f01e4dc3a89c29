// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.Map;
import org.crashlane.bits.BitField;

/**
 * Where a register is, and what writes do to which of its bits; those in no field are read-only.
 *
 * @param offset from the unit's base, in bytes
 * @param sizeBytes 4 or 8
 * @param taken bits that take what is written
 * @param cleared bits that a one clears
 * @param hidden bits that read as zero
 */
public record RegisterSpec(int offset, int sizeBytes, long taken, long cleared, long hidden) {

  /** {@return a register with these fields} */
  public static RegisterSpec of(int offset, int sizeBytes, Map<BitField, AccessKind> access) {
    long writeOnly = mask(access, AccessKind.WRITE_ONLY);
    return new RegisterSpec(
        offset,
        sizeBytes,
        mask(access, AccessKind.READ_WRITE) | writeOnly,
        mask(access, AccessKind.ONE_TO_CLEAR),
        writeOnly);
  }

  private static long mask(Map<BitField, AccessKind> access, AccessKind kind) {
    long mask = 0;
    for (Map.Entry<BitField, AccessKind> field : access.entrySet()) {
      mask |= field.getValue() == kind ? field.getKey().mask() : 0;
    }
    return mask;
  }

  /**
   * {@return what a register holds after a write}
   *
   * @param before what it held
   * @param value what is written
   */
  public long written(long before, long value) {
    return (before & ~taken & ~(cleared & value)) | (value & taken);
  }

  /** {@return the bits that a write of the register's other half leaves as they are} */
  public long kept(long before) {
    return before & taken;
  }

  /** {@return what a read finds where the register holds {@code value}} */
  public long read(long value) {
    return value & ~hidden;
  }
}
