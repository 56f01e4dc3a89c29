// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Iommu;
import org.crashlane.memory.PhysicalMemory;

/** Makes the unit that is compared with what a machine did. */
@FunctionalInterface
public interface UnitFactory {

  /**
   * {@return a unit as {@code machine} has one, translating}
   *
   * @param memory where it finds its tables, now and later
   * @param root the register that points to its tables
   */
  Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root);
}
