// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.bits.Reason;

/** What became of a CPU's access to memory. */
public sealed interface CpuAccess {

  /**
   * It reaches memory.
   *
   * @param physicalAddress where
   */
  record Reached(long physicalAddress) implements CpuAccess {}

  /**
   * The CPU takes a machine check.
   *
   * @param reason why
   */
  record MachineCheck(Reason reason) implements CpuAccess {}
}
