// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import org.crashlane.iommu.RegisterFile;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.pci.RequesterId;

/**
 * Where northbridges are: function 3 of PCI devices 00:18 and up. By that address, {@code 00:18.3}
 * for the first, a device's description names the one it is behind.
 */
final class NorthbridgeAddress {
  private static final RequesterId FIRST = RequesterId.parse("00:18.3");

  /** Functions of a PCI device. */
  private static final int FUNCTION_COUNT = 8;

  private NorthbridgeAddress() {}

  /** {@return the function with the registers of northbridge {@code index}} */
  static RequesterId of(int index) {
    return new RequesterId(FIRST.value() + index * FUNCTION_COUNT);
  }

  /** {@return which northbridge's registers {@code function} has, or -1 if none's} */
  static int indexOf(RequesterId function) {
    int distance = function.value() - FIRST.value();
    int index = distance / FUNCTION_COUNT;
    return distance >= 0 && distance % FUNCTION_COUNT == 0 && index < Gart.NORTHBRIDGES_MAX
        ? index
        : -1;
  }

  /** {@return the registers of northbridge {@code index} as they are read through {@code port}} */
  static RegisterFile registers(RegisterPort port, int index) {
    return new Registers32(port, of(index));
  }

  private record Registers32(RegisterPort port, RequesterId function) implements RegisterFile {
    @Override
    public long read32(int offset) {
      return port.read32(ConfigAddress.of(function, offset));
    }

    @Override
    public long read64(int offset) {
      return port.read64(ConfigAddress.of(function, offset));
    }
  }
}
