// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.rule.Sighting.Touch;
import org.crashlane.rule.Sighting.Touched;
import org.crashlane.rule.Subject.Part;

/**
 * The capture kernel's CPU: every access to a register of an IOMMU, and to memory outside the crash
 * range, is seen. The copying of the dump does not come by here.
 */
final class CaptureCpu implements Cpu {
  private final World world;
  private final Cpu cpu;

  CaptureCpu(World world) {
    this.world = world;
    this.cpu = new KernelCpu(world);
  }

  /** Fills pages with what was read elsewhere: how the dump is copied. */
  void put(long address, Page... pages) {
    see(Touch.WRITES_MEMORY, address, (long) pages.length * Page.BYTES);
    world.memory().put(address, pages);
  }

  private void see(Touch what, long address, long sizeBytes) {
    if (!CaptureKernel.owns(world.plan(), AddressRange.ofSize(address, sizeBytes))) {
      touched(new Touched(what, address, 0), sizeBytes);
      if (what == Touch.WRITES_MEMORY) {
        world.seen().writtenByCapture(address, sizeBytes);
      }
    }
  }

  private void touched(Touched what, long sizeBytes) {
    world.seen().touched(what);
    world.violated(
        Kind.IOMMU_TOUCHED,
        (which, step) ->
            new Violation(
                which,
                step,
                Part.CAPTURE_KERNEL,
                what.address(),
                what.address(),
                sizeBytes,
                List.of(what)));
  }

  @Override
  public RegisterPort mmio() {
    return new SeenRegisters(cpu.mmio(), Touch.READS_REGISTER, Touch.WRITES_REGISTER);
  }

  @Override
  public RegisterPort config() {
    return new SeenRegisters(cpu.config(), Touch.READS_CONFIGURATION, Touch.WRITES_CONFIGURATION);
  }

  @Override
  public WritableMemory memory() {
    return new SeenMemory(cpu.memory());
  }

  private final class SeenRegisters implements RegisterPort {
    private final RegisterPort port;
    private final Touch read;
    private final Touch write;

    SeenRegisters(RegisterPort port, Touch read, Touch write) {
      this.port = port;
      this.read = read;
      this.write = write;
    }

    @Override
    public long read32(long address) {
      touched(new Touched(read, address, 0), Integer.BYTES);
      return port.read32(address);
    }

    @Override
    public long read64(long address) {
      touched(new Touched(read, address, 0), Long.BYTES);
      return port.read64(address);
    }

    private void written(long address, long value, long sizeBytes) {
      boolean ignored = world.remapper().isLocked(address);
      Touched what = new Touched(ignored ? Touch.WRITES_LOCKED_REGISTER : write, address, value);
      touched(what, sizeBytes);
      world.seen().registerWritten(what);
    }

    @Override
    public void write32(long address, long value) {
      written(address, value, Integer.BYTES);
      port.write32(address, value);
    }

    @Override
    public void write64(long address, long value) {
      written(address, value, Long.BYTES);
      port.write64(address, value);
    }
  }

  private final class SeenMemory extends ForwardingMemory {

    SeenMemory(WritableMemory memory) {
      super(memory);
    }

    @Override
    public long readLong(long address) {
      see(Touch.READS_MEMORY, address, Long.BYTES);
      return super.readLong(address);
    }

    @Override
    public void readLongs(long address, long[] into, int count) {
      see(Touch.READS_MEMORY, address, (long) count * Long.BYTES);
      super.readLongs(address, into, count);
    }

    @Override
    public void read(long address, byte[] into, int offset, int length) {
      see(Touch.READS_MEMORY, address, length);
      super.read(address, into, offset, length);
    }

    @Override
    public void writeLong(long address, long value) {
      see(Touch.WRITES_MEMORY, address, Long.BYTES);
      super.writeLong(address, value);
    }

    @Override
    public void writeLongs(long address, long[] from, int count) {
      see(Touch.WRITES_MEMORY, address, (long) count * Long.BYTES);
      super.writeLongs(address, from, count);
    }
  }
}
