// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;

/**
 * A CPU whose stores, or writes to registers, go wrong: what a mapping driver with a mistake in it
 * comes to. Reads are right.
 *
 * @param real the CPU
 * @param stores what is wrong with stores to memory
 * @param registers what is wrong with writes to registers, wherever they are
 */
record FaultyCpu(Cpu real, StoreFault stores, RegisterFault registers) implements Cpu {

  @Override
  public WritableMemory memory() {
    return new FaultyMemory(real.memory(), stores);
  }

  @Override
  public RegisterPort mmio() {
    return new FaultyRegisters(real.mmio(), registers);
  }

  @Override
  public RegisterPort config() {
    return new FaultyRegisters(real.config(), registers);
  }
}
