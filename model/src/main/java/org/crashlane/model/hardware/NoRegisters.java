// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

/** Where no register is: what PCI answers there. */
public final class NoRegisters implements RegisterPort {
  /** The one instance: it has no state. */
  public static final RegisterPort PORT = new NoRegisters();

  private static final long ALL_ONES_32 = 0xffff_ffffL;

  private NoRegisters() {}

  @Override
  public long read32(long address) {
    return ALL_ONES_32;
  }

  @Override
  public long read64(long address) {
    return -1;
  }

  @Override
  public void write32(long address, long value) {
    // lost
  }

  @Override
  public void write64(long address, long value) {
    // lost
  }
}
