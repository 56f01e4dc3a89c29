// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;
import org.crashlane.pci.RequesterId;

/**
 * What sends and takes interrupts besides devices.
 *
 * @param processors what they go to
 * @param ioApics by which requester ids the IOMMU knows the IOAPICs, as firmware's tables say;
 *     empty if that is not known
 */
public record Apics(Processors processors, List<RequesterId> ioApics) {
  /** Nothing is known of either. */
  public static final Apics UNKNOWN = new Apics(Processors.UNKNOWN, List.of());

  public Apics {
    ioApics = List.copyOf(ioApics);
  }
}
