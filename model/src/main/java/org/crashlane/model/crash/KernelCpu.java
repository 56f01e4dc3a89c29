// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.NoRegisters;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;

/** The CPU of a kernel: memory and registers as the hardware has them. */
final class KernelCpu implements Cpu {
  private final World world;

  KernelCpu(World world) {
    this.world = world;
  }

  @Override
  public WritableMemory memory() {
    return world.memory();
  }

  @Override
  public RegisterPort mmio() {
    return new Routed() {
      @Override
      RegisterPort to(long address) {
        return world.remapper().hasMmio(address)
            ? world.remapper().mmio(world.memory())
            : NoRegisters.PORT;
      }
    };
  }

  @Override
  public RegisterPort config() {
    return new Routed() {
      @Override
      RegisterPort to(long address) {
        return world.remapper().hasConfig(address)
            ? world.remapper().config(world.memory())
            : NoRegisters.PORT;
      }
    };
  }

  /** Asks for each access who answers it. */
  private abstract class Routed implements RegisterPort {

    abstract RegisterPort to(long address);

    @Override
    public long read32(long address) {
      world.registerAccessed();
      return to(address).read32(address);
    }

    @Override
    public long read64(long address) {
      world.registerAccessed();
      return to(address).read64(address);
    }

    @Override
    public void write32(long address, long value) {
      world.registerAccessed();
      to(address).write32(address, value);
    }

    @Override
    public void write64(long address, long value) {
      world.registerAccessed();
      to(address).write64(address, value);
    }
  }
}
