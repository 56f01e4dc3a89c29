// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import org.crashlane.bits.Hex;

/**
 * One aligned store of 8 bytes, and what it replaces.
 *
 * @param address where, a multiple of 8
 * @param before what is there before it
 * @param after what is there after it
 */
public record Store(long address, long before, long after) {

  @Override
  public String toString() {
    return Hex.of(address) + ": " + Hex.of(before) + " -> " + Hex.of(after);
  }
}
