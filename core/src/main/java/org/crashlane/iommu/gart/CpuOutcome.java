// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.bits.Hex;
import org.crashlane.memory.Absence;

/** What became of a CPU's request. */
public sealed interface CpuOutcome {

  /**
   * The request goes to memory. In the aperture that is not the memory with the address the CPU
   * asked for, but what the table names.
   *
   * @param physicalAddress where to, whether or not there is memory
   */
  record Reached(long physicalAddress) implements CpuOutcome {}

  /**
   * The northbridge reports a machine check, which a kernel seldom survives. A machine may hang
   * instead, and the report can be masked (MC4_CTL.GartTblWkEn); neither is modelled.
   *
   * @param address what the CPU asked for
   * @param reason why
   */
  record MachineCheck(long address, FaultReason reason) implements CpuOutcome {

    @Override
    public String toString() {
      return "machine check at %s: extended error code %s, %s"
          .formatted(Hex.of(address), Hex.of(reason.code()), reason.meaning());
    }
  }

  /**
   * What the request meets cannot be known, because the table is not readable here, though the
   * hardware may read it.
   *
   * @param address physical address of the word of the table
   * @param reason why it cannot be read
   */
  record Unknown(long address, Absence reason) implements CpuOutcome {}
}
