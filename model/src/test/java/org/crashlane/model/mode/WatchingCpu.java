// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode;

import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;

/**
 * A CPU between whose stores something else happens: as on a machine, where hardware does not wait
 * until a driver is through.
 *
 * @param cpu what it is otherwise
 * @param afterStore what happens after each store to memory or to a register
 */
public record WatchingCpu(Cpu cpu, Runnable afterStore) implements Cpu {

  @Override
  public WritableMemory memory() {
    return new Memory(cpu.memory());
  }

  @Override
  public RegisterPort mmio() {
    return new Registers(cpu.mmio());
  }

  @Override
  public RegisterPort config() {
    return new Registers(cpu.config());
  }

  private final class Memory extends ForwardingMemory {
    Memory(WritableMemory memory) {
      super(memory);
    }

    @Override
    public void writeLong(long address, long value) {
      super.writeLong(address, value);
      afterStore.run();
    }

    @Override
    public void writeLongs(long address, long[] from, int count) {
      super.writeLongs(address, from, count);
      afterStore.run();
    }
  }

  private final class Registers implements RegisterPort {
    private final RegisterPort port;

    Registers(RegisterPort port) {
      this.port = port;
    }

    @Override
    public long read32(long address) {
      return port.read32(address);
    }

    @Override
    public long read64(long address) {
      return port.read64(address);
    }

    @Override
    public void write32(long address, long value) {
      port.write32(address, value);
      afterStore.run();
    }

    @Override
    public void write64(long address, long value) {
      port.write64(address, value);
      afterStore.run();
    }
  }
}
