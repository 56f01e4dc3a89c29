// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import org.crashlane.memory.AddressRange;

/**
 * Memory of the first kernel's that holds something of an IOMMU's own. A capture kernel that goes
 * on with it has to write it before the dump is written.
 *
 * @param part what it holds
 * @param range where it is
 */
public record IommuMemory(Part part, AddressRange range) {

  /** What an IOMMU and its driver share in memory. */
  public enum Part {
    /** The entries of devices. */
    DEVICE_TABLE,
    /** The entries of pages. */
    PAGE_TABLE,
    /** What the driver asks for. */
    COMMAND_BUFFER,
    /** What the IOMMU reports. */
    EVENT_LOG,
    /** Where the IOMMU stores that commands are done. */
    COMPLETION_STORE;

    /** {@return true if the IOMMU writes it, on what a kernel asks for} */
    public boolean isWrittenByIommu() {
      return this == EVENT_LOG || this == COMPLETION_STORE;
    }
  }

  /**
   * {@return true if it may change between the panic and the dump under {@code strategy}} What the
   * IOMMU does not write itself is written by a kernel that goes on with it: one that adopts it.
   */
  public boolean mayChangeUnder(Strategy strategy) {
    return part.isWrittenByIommu() || strategy == Strategy.ADOPT;
  }

  /**
   * Pages of a dump that hold a part and are not what they were at the panic.
   *
   * @param part which part
   * @param pageCount how many pages
   */
  public record Changed(Part part, long pageCount) {}
}
