// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.model.hardware.RegisterPort;

/** Registers to which writes go wrong. */
record FaultyRegisters(RegisterPort real, RegisterFault fault) implements RegisterPort {

  @Override
  public long read32(long address) {
    return real.read32(address);
  }

  @Override
  public long read64(long address) {
    return real.read64(address);
  }

  @Override
  public void write32(long address, long value) {
    fault.written(address, value).ifPresent(written -> real.write32(address, written));
  }

  @Override
  public void write64(long address, long value) {
    fault.written(address, value).ifPresent(written -> real.write64(address, written));
  }
}
