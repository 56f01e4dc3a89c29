// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DmaMapping;

/**
 * Something wrong with the primary's kernel, put between its parts: between the mapping driver and
 * the CPU, or between the drivers and the mapping driver. It has no state of its own.
 */
public interface Sabotage {
  /** Nothing is wrong. */
  Sabotage NONE = new Sabotage() {};

  /** {@return what the mapping driver takes for the CPU} */
  default Cpu cpu(Cpu real) {
    return real;
  }

  /** {@return what the drivers, and whoever arms, take for the mapping driver} */
  default DmaMapping mapping(DmaMapping real) {
    return real;
  }
}
