// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;

/**
 * One word of the tables that a probe meets.
 *
 * @param address physical address, a multiple of 8
 * @param value its 64 bits
 */
public record TableWord(long address, long value) {

  public TableWord {
    if (!Alignment.isAligned(address, Long.BYTES)) {
      throw new IllegalArgumentException("table word at " + Hex.of(address));
    }
  }
}
