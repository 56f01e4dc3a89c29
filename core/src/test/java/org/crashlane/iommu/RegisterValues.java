// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.Map;
import java.util.TreeMap;

/** Registers that hold these values by offset, and zero elsewhere. */
public record RegisterValues(Map<Integer, Long> values) implements RegisterFile {

  public static RegisterValues of(Map<Register, Long> values) {
    Map<Integer, Long> byOffset = new TreeMap<>();
    values.forEach((register, value) -> byOffset.put(register.offset(), value));
    return new RegisterValues(byOffset);
  }

  @Override
  public long read32(int offset) {
    return values.getOrDefault(offset, 0L);
  }

  @Override
  public long read64(int offset) {
    return values.getOrDefault(offset, 0L);
  }
}
