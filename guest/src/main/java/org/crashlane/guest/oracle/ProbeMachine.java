// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.guest.QemuVersion;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.FirstLevelEntry;
import org.crashlane.iommu.vtd.Registers.Ecap;
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

  /** {@return true if it is a VT-d unit that has first-level tables} */
  boolean hasFirstLevel() {
    return registers instanceof UnitRegisters.Vtd(long _, long _, long ecap)
        && Ecap.FLTS.isSet(ecap);
  }

  /**
   * {@return the bits that it writes into tables as it walks them: that an entry was used, and used
   * for a write} They have no say in where a request goes, and units here leave them alone.
   */
  long updated() {
    return hasFirstLevel() ? FirstLevelEntry.A.mask() | FirstLevelEntry.D.mask() : 0;
  }

  /**
   * {@return which QEMU answered} A record that does not say is taken for the oldest that was
   * tried: all of them were once.
   */
  QemuVersion version() {
    return QemuVersion.in(oracle).orElse(QemuQuirk.Seen.IN_7_2.last());
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
