// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Reason;

/** What became of a request. */
public sealed interface Outcome {

  /**
   * The request goes to memory.
   *
   * @param physicalAddress where to, whether or not there is memory
   */
  record Reached(long physicalAddress) implements Outcome {}

  /** The request is an interrupt: it never reaches memory and is not translated as DMA. */
  record Interrupt() implements Outcome {}

  /**
   * The request is blocked.
   *
   * @param fault why
   */
  record Blocked(Fault fault) implements Outcome {}

  /**
   * What the request meets cannot be known, because a table it needs is not readable here, though
   * the hardware may read it.
   *
   * @param address physical address of the table
   * @param reason why it cannot be read
   */
  record Unknown(long address, Reason reason) implements Outcome {}
}
