// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * One address space: a tree of page tables. Devices with equal ids share it.
 *
 * @param root physical address of the top table
 * @param levels how many levels it has, 2 to 6
 */
public record TableId(long root, int levels) {

  @Override
  public String toString() {
    return Hex.of(root) + " (" + levels + " levels)";
  }
}
