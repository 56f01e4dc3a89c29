// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.HashMap;
import java.util.Map;
import org.crashlane.bits.BitField;

/**
 * One register and what writes do to it.
 *
 * @param name its name in the manual
 * @param offset from the unit's base, in bytes
 * @param sizeBytes 4 or 8
 * @param access what writes do to its fields; bits in no field are read-only
 */
record RegisterSpec(String name, int offset, int sizeBytes, Map<BitField, AccessKind> access) {

  RegisterSpec {
    access = Map.copyOf(access);
  }

  /** {@return a register that is all read-only} */
  static RegisterSpec readOnly(String name, int offset, int sizeBytes) {
    return new RegisterSpec(name, offset, sizeBytes, Map.of());
  }

  /** {@return the register with {@code fields} of {@code kind}} */
  RegisterSpec with(AccessKind kind, BitField... fields) {
    Map<BitField, AccessKind> more = new HashMap<>(access);
    for (BitField field : fields) {
      more.put(field, kind);
    }
    return new RegisterSpec(name, offset, sizeBytes, more);
  }

  /** {@return the bits of fields of {@code kind}} */
  long mask(AccessKind kind) {
    long mask = 0;
    for (Map.Entry<BitField, AccessKind> entry : access.entrySet()) {
      mask |= entry.getValue() == kind ? entry.getKey().mask() : 0;
    }
    return mask;
  }

  /**
   * {@return what the register holds after a write}
   *
   * @param before what it held
   * @param value what is written
   */
  long written(long before, long value) {
    long taken = mask(AccessKind.READ_WRITE) | mask(AccessKind.WRITE_ONLY);
    long cleared = mask(AccessKind.ONE_TO_CLEAR) & value;
    return (before & ~taken & ~cleared) | (value & taken);
  }

  /** {@return what a read finds where the register holds {@code value}} */
  long read(long value) {
    return value & ~mask(AccessKind.WRITE_ONLY);
  }
}
