// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

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
  record MachineCheck(String reason) implements CpuAccess {}
}
