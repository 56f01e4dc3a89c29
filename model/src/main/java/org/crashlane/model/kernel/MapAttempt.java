// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;

/** What became of a driver's wish to map a buffer. */
public sealed interface MapAttempt {

  /**
   * It is mapped.
   *
   * @param handle how
   */
  record Mapped(DmaHandle handle) implements MapAttempt {}

  /**
   * It is not, and nothing was changed.
   *
   * @param reason why
   */
  record Failed(Reason reason) implements MapAttempt {

    /** One whose name says all. */
    public Failed(Why why) {
      this(Reason.of(why));
    }
  }

  /** Why a buffer is not mapped, or a table not armed, in the kernel's words where it has any. */
  enum Why implements Term {
    MASK_OVERFLOW("overflow of"),
    DEVICE_MASK("device mask"),
    NO_TABLE_PAGE("no page for tables"),
    TABLE_PAGES("table pages"),
    NO_TABLE("no memory for a table"),
    NO_IOVA("no iova"),
    ENTRY_IN_USE("kernel BUG: entry in use"),
    IOMMU_FULL("IOMMU full"),
    OUT_OF_SPACE("PCI-DMA: Out of IOMMU space"),
    ENTRY_TOO_NARROW("no entry of 40 bits leads to"),
    POOL_FULL("swiotlb buffer is full"),
    POOL_FULL_2_6_27("Out of SW-IOMMU space"),
    POOL_BEYOND_MASK("swiotlb addr overflow"),
    POOL_BEYOND_MASK_2_6_27("map_single: bounce buffer is not DMA'ble"),
    NOT_ARMED("not armed");

    private final String meaning;

    Why(String meaning) {
      this.meaning = meaning;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }
}
