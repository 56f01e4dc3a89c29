// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * One entry of an interrupt remapping table that lets interrupts through: who owns which vector.
 *
 * @param index which entry
 * @param address physical address of the entry
 * @param fate what becomes of the interrupts that choose it
 */
public record InterruptRoute(int index, long address, InterruptFate fate) {

  @Override
  public String toString() {
    return "entry %s at %s: %s".formatted(Hex.of(index), Hex.of(address), fate);
  }
}
