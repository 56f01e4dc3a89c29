// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.Set;
import org.crashlane.guest.lab.Devices.Network;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.net.NetworkCard;

/** Hardware of guests that tests boot. */
final class TestHardware {
  private static final long GIB = 1L << 30;

  private static final IommuSetup REMAPPING =
      new IommuSetup(Set.of(Feature.INTERRUPT_REMAPPING), Set.of());

  private TestHardware() {}

  /** {@return that of a guest with 1 GiB} */
  static Hardware of(int cpuCount, DiskKind disk, boolean interruptRemapping) {
    return new Hardware(
        GIB, cpuCount, Devices.of(disk), interruptRemapping ? REMAPPING : IommuSetup.PLAIN);
  }

  /** {@return that of a guest with 1 GiB, a disk and {@code card}} */
  static Hardware with(NetworkCard card) {
    Devices devices = new Devices(DiskKind.NVME, Topology.ROOT, Set.of(new Network(card)));
    return new Hardware(GIB, 1, devices, IommuSetup.PLAIN);
  }
}
