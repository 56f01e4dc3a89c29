// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.Map;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * One 32-bit register in the northbridge's configuration space.
 *
 * @param offset in the configuration space of function 3, in bytes
 * @param layout its fields
 * @param exceptions the fields that are not {@link AccessKind#READ_WRITE}
 */
public record Register(int offset, Layout layout, Map<BitField, AccessKind> exceptions) {

  public Register {
    exceptions = Map.copyOf(exceptions);
    for (BitField field : exceptions.keySet()) {
      if (!layout.fields().contains(field)) {
        throw new IllegalArgumentException(
            "field " + field.name() + " is none of " + layout.name() + "'s");
      }
    }
  }

  static Register of(int offset, Layout layout) {
    return new Register(offset, layout, Map.of());
  }

  /** {@return what a write does to {@code field}} */
  public AccessKind access(BitField field) {
    return exceptions.getOrDefault(field, AccessKind.READ_WRITE);
  }

  /**
   * {@return what the register holds after a write, once what the write started is done} Bits in no
   * field stay as they were, whatever is written (not verified against the manual).
   *
   * @param before what it held
   * @param value what is written
   */
  public long written(long before, long value) {
    long after = before;
    for (BitField field : layout.fields()) {
      long bits =
          switch (access(field)) {
            case READ_WRITE -> field.get(value);
            case WRITE_ONE_TO_CLEAR -> field.get(before) & ~field.get(value);
            case WRITE_ONE_SELF_CLEARING -> 0;
          };
      after = field.with(after, bits);
    }
    return after;
  }
}
