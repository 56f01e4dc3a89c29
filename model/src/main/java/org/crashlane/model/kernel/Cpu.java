// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.RegisterPort;

/**
 * What a kernel's instructions reach, and all that it reaches. Kernels keep none: each call brings
 * one, so that a kernel's own state can be copied without the machine.
 */
public interface Cpu {

  /** {@return physical memory, as CPUs see it} */
  WritableMemory memory();

  /** {@return memory-mapped registers, by physical address} */
  RegisterPort mmio();

  /** {@return PCI configuration space, by {@link org.crashlane.model.hardware.ConfigAddress}} */
  RegisterPort config();
}
