// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;

/**
 * The capture kernel's CPU: every access to a register of an IOMMU, and to memory outside the crash
 * range, is seen. The copying of the dump does not come by here.
 */
final class CaptureCpu implements Cpu {
  private static final String READS = "reads";
  private static final String WRITES = "writes";

  private final World world;
  private final Cpu cpu;

  CaptureCpu(World world) {
    this.world = world;
    this.cpu = new KernelCpu(world);
  }

  /** Fills a page with what was read elsewhere: how the dump is copied. */
  void put(long address, Page page) {
    see(WRITES, address, Page.BYTES);
    world.memory().put(address, page);
  }

  private void see(String what, long address, long sizeBytes) {
    if (!CaptureKernel.owns(world.plan(), AddressRange.ofSize(address, sizeBytes))) {
      touched(what + " memory of the primary", address, sizeBytes);
      if (what.equals(WRITES)) {
        world.tally().writtenByCapture(address, sizeBytes);
      }
    }
  }

  private void touched(String what, long address, long sizeBytes) {
    world.tally().touched(what + " " + Hex.of(address));
    world.violated(
        Kind.IOMMU_TOUCHED,
        () ->
            new Violation(
                Kind.IOMMU_TOUCHED,
                world.step(),
                "capture kernel",
                address,
                address,
                sizeBytes,
                what));
  }

  @Override
  public RegisterPort mmio() {
    return new SeenRegisters(cpu.mmio(), "register");
  }

  @Override
  public RegisterPort config() {
    return new SeenRegisters(cpu.config(), "configuration register");
  }

  @Override
  public WritableMemory memory() {
    return new SeenMemory(cpu.memory());
  }

  private final class SeenRegisters implements RegisterPort {
    private final RegisterPort port;
    private final String name;

    SeenRegisters(RegisterPort port, String name) {
      this.port = port;
      this.name = name;
    }

    @Override
    public long read32(long address) {
      touched("reads " + name, address, Integer.BYTES);
      return port.read32(address);
    }

    @Override
    public long read64(long address) {
      touched("reads " + name, address, Long.BYTES);
      return port.read64(address);
    }

    @Override
    public void write32(long address, long value) {
      touched("writes " + Hex.of(value) + " to " + name, address, Integer.BYTES);
      world.tally().registerWritten(name + " " + Hex.of(address) + " = " + Hex.of(value));
      port.write32(address, value);
    }

    @Override
    public void write64(long address, long value) {
      touched("writes " + Hex.of(value) + " to " + name, address, Long.BYTES);
      world.tally().registerWritten(name + " " + Hex.of(address) + " = " + Hex.of(value));
      port.write64(address, value);
    }
  }

  private final class SeenMemory extends ForwardingMemory {

    SeenMemory(WritableMemory memory) {
      super(memory);
    }

    @Override
    public long readLong(long address) {
      see(READS, address, Long.BYTES);
      return super.readLong(address);
    }

    @Override
    public void readLongs(long address, long[] into, int count) {
      see(READS, address, (long) count * Long.BYTES);
      super.readLongs(address, into, count);
    }

    @Override
    public void read(long address, byte[] into, int offset, int length) {
      see(READS, address, length);
      super.read(address, into, offset, length);
    }

    @Override
    public void writeLong(long address, long value) {
      see(WRITES, address, Long.BYTES);
      super.writeLong(address, value);
    }

    @Override
    public void writeLongs(long address, long[] from, int count) {
      see(WRITES, address, (long) count * Long.BYTES);
      super.writeLongs(address, from, count);
    }
  }
}
