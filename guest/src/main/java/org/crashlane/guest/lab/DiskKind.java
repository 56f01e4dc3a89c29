// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;

/** What the dump is written to. */
public enum DiskKind {
  NVME("/dev/nvme0n1", List.of("nvme")),
  AHCI("/dev/sda", List.of("ahci", "sd_mod"));

  private final String blockDevice;
  private final List<String> drivers;

  DiskKind(String blockDevice, List<String> drivers) {
    this.blockDevice = blockDevice;
    this.drivers = drivers;
  }

  /** {@return where both kernels find it} */
  String blockDevice() {
    return blockDevice;
  }

  /** {@return the drivers it needs, in the order to load them where they are modules} */
  List<String> drivers() {
    return drivers;
  }
}
