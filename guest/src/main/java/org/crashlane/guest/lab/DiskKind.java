// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import org.crashlane.guest.lab.parts.KernelFlavour;

/** What the dump is written to. */
public enum DiskKind {
  NVME("/dev/nvme0n1"),
  AHCI("/dev/sda");

  private final String blockDevice;

  DiskKind(String blockDevice) {
    this.blockDevice = blockDevice;
  }

  /** {@return where both kernels find it} */
  String blockDevice() {
    return blockDevice;
  }

  /** {@return true if Debian's kernel of that flavour has its driver} */
  boolean isDrivenBy(KernelFlavour flavour) {
    return switch (this) {
      case NVME -> true;
      case AHCI -> flavour == KernelFlavour.FULL;
    };
  }

  /** {@return the drivers it needs, in the order to load them where they are modules} */
  List<String> drivers() {
    return switch (this) {
      case NVME -> List.of("nvme");
      case AHCI -> List.of("ahci", "sd_mod");
    };
  }
}
