// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Where a guest's disks are plugged in. */
public enum Topology {
  /** On the root bus. */
  ROOT,
  /** Each behind a PCI Express root port of its own. */
  ROOT_PORT,
  /**
   * All behind one conventional bridge, whose own id their requests carry: they are in one group.
   * It is Intel's i82801b11, for that id is on bus 0: QEMU 7.2's amd-iommu knows no other bus when
   * it looks a request up (hw/i386/amd_iommu.c, amdvi_host_dma_iommu).
   */
  BRIDGE;

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the bridges that {@code diskCount} disks need, as devices of QEMU} */
  List<String> bridges(int diskCount) {
    return switch (this) {
      case ROOT -> List.of();
      case ROOT_PORT ->
          IntStream.range(0, diskCount)
              .mapToObj(n -> "pcie-root-port,id=port%d,chassis=%d".formatted(n, n + 1))
              .toList();
      case BRIDGE -> List.of("i82801b11-bridge,id=bridge");
    };
  }

  /** {@return where disk {@code number}, from 0, is plugged in, as options of a device of QEMU} */
  String place(int number) {
    return switch (this) {
      case ROOT -> "";
      case ROOT_PORT -> ",bus=port" + number;
      case BRIDGE -> ",bus=bridge,addr=" + (number + 1);
    };
  }
}
