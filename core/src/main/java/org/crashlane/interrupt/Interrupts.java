// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What sends and takes interrupts besides devices.
 *
 * @param processors what they go to
 * @param controllers by which requester ids the IOMMU knows the controllers that send messages for
 *     wires (IOAPICs), as firmware's tables say; empty if that is not known
 * @param doorbells pages that devices write to send an interrupt where that is a write which the
 *     IOMMU translates like any other (Arm's ITS); none on x86
 */
public record Interrupts(
    Processors processors, List<RequesterId> controllers, List<AddressRange> doorbells) {
  /** Nothing is known of them. */
  public static final Interrupts UNKNOWN = new Interrupts(Processors.UNKNOWN, List.of());

  public Interrupts {
    controllers = List.copyOf(controllers);
    doorbells = List.copyOf(doorbells);
  }

  /** Those of a machine whose IOMMU takes interrupts before it translates. */
  public Interrupts(Processors processors, List<RequesterId> controllers) {
    this(processors, controllers, List.of());
  }
}
