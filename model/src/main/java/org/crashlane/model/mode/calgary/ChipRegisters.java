// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.model.hardware.RegisterPort;

/** A chip's registers as a kernel's driver names them: by offset, or by PHB, bits in place. */
final class ChipRegisters implements RegisterFile {
  private final RegisterPort port;
  private final long base;

  /**
   * @param base physical address of the chip's window
   */
  ChipRegisters(RegisterPort port, long base) {
    this.port = port;
    this.base = base;
  }

  @Override
  public long read32(int offset) {
    return port.read32(base + offset);
  }

  @Override
  public long read64(int offset) {
    return port.read64(base + offset);
  }

  long read(int phb, PhbRegister register) {
    return Registers.read32(this, Registers.of(phb, register));
  }

  /** Writes a register and reads it back, as Linux does to be sure that the write got there. */
  void write(int phb, PhbRegister register, long value) {
    int offset = Registers.of(phb, register);
    port.write32(base + offset, Registers.turned32(value));
    port.read32(base + offset);
  }

  long tar(int phb) {
    return Registers.read64(this, Registers.tar(phb));
  }

  void writeTar(int phb, long value) {
    port.write64(base + Registers.tar(phb), Registers.turned64(value));
    port.read64(base + Registers.tar(phb));
  }

  /** {@return true once no request of the PHB is under way} */
  boolean isDrained(int phb) {
    long status = Registers.read32(this, Registers.splitQueue(phb));
    return Registers.SPLIT_QUEUE_DRAINED.inPlace(status) == Registers.SPLIT_QUEUE_DRAINED.mask();
  }
}
