// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/**
 * A word of memory or of a register, as it was read.
 *
 * @param layout its name and its fields
 * @param value all of it
 */
public record Word(Layout layout, long value) {

  /** {@return the word with its name, in whole and by fields: {@code GSTS 0x80000000: TES=1}} */
  @Override
  public String toString() {
    return layout.line(value);
  }
}
