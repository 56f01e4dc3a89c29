// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The machine that probes were made on: the first line of a recorded file.
 *
 * @param oracle what answered, with its version
 * @param options the IOMMU's options, as given to it
 * @param registers what the IOMMU can do
 * @param ramBytes memory from address 0 on
 * @param arena where table words may be; those not listed are zero
 * @param requester the device that asked
 * @param root the register that points to the tables, where a probe has none of its own: VT-d's
 *     root table address, AMD-Vi's device table base
 * @param seed what the random cases grew from
 */
public record ProbeMachine(
    String oracle,
    String options,
    UnitRegisters registers,
    long ramBytes,
    List<AddressRange> arena,
    RequesterId requester,
    long root,
    long seed) {

  public ProbeMachine {
    arena = List.copyOf(arena);
  }

  /** {@return registers of which all are zero but {@code values}, by offset} */
  static RegisterFile registers(Map<Register, Long> values) {
    Map<Integer, Long> byOffset = new HashMap<>();
    values.forEach((register, value) -> byOffset.put(register.offset(), value));
    return new RegisterFile() {
      @Override
      public long read32(int offset) {
        return Integer.toUnsignedLong((int) read64(offset));
      }

      @Override
      public long read64(int offset) {
        return byOffset.getOrDefault(offset, 0L);
      }
    };
  }

  /** {@return true if there may be a table word at {@code address}} */
  boolean hasTablesAt(long address) {
    return arena.stream().anyMatch(range -> range.contains(address));
  }
}
