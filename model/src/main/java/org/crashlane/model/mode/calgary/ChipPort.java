// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.model.hardware.RegisterPort;

/** A chip's registers as a CPU reaches them: big-endian, in a window of 1 MiB. */
final class ChipPort implements RegisterPort {
  private static final BitField LOW_HALF = BitField.bits("low half", 31, 0);
  private static final long NO_REGISTER = -1;

  private final long base;
  private final BridgePort[] bridges;

  ChipPort(long base, BridgePort[] bridges) {
    this.base = base;
    this.bridges = bridges;
  }

  @Override
  public long read32(long address) {
    int offset = offset(address);
    for (int phb = 0; phb < bridges.length; phb++) {
      if (offset == Registers.splitQueue(phb)) {
        return Registers.turned32(bridges[phb].splitQueue());
      }
      Optional<PhbRegister> register = register(offset, phb);
      if (register.isPresent()) {
        return Registers.turned32(bridges[phb].read(register.get()));
      }
    }
    return LOW_HALF.get(NO_REGISTER);
  }

  @Override
  public long read64(long address) {
    int offset = offset(address);
    for (int phb = 0; phb < bridges.length; phb++) {
      if (offset == Registers.tar(phb)) {
        return Registers.turned64(bridges[phb].bridge().tar());
      }
    }
    return NO_REGISTER;
  }

  @Override
  public void write32(long address, long value) {
    int offset = offset(address);
    for (int phb = 0; phb < bridges.length; phb++) {
      BridgePort bridge = bridges[phb];
      register(offset, phb)
          .ifPresent(register -> bridge.write(register, Registers.turned32(value)));
    }
  }

  @Override
  public void write64(long address, long value) {
    int offset = offset(address);
    for (int phb = 0; phb < bridges.length; phb++) {
      if (offset == Registers.tar(phb)) {
        bridges[phb].bridge().writeTar(Registers.turned64(value));
      }
    }
  }

  private int offset(long address) {
    long offset = address - base;
    if (offset < 0 || offset >= Registers.WINDOW_BYTES) {
      throw new IllegalArgumentException("not a register of the chip: " + address);
    }
    return (int) offset;
  }

  private static Optional<PhbRegister> register(int offset, int phb) {
    return PhbRegister.at(offset - Registers.phb(phb));
  }
}
