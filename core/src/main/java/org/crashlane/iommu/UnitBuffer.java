// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.memory.AddressRange;

/**
 * Memory that a unit itself reads or writes while it runs, besides its tables and for no device: a
 * log, a queue, the place of a completion store. It is reached untranslated.
 *
 * @param what what it is and which register says so, for people
 * @param range where it is
 */
public record UnitBuffer(String what, AddressRange range) {

  @Override
  public String toString() {
    return what + " at " + range;
  }
}
