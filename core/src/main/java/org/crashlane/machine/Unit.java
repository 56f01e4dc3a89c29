// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.pci.RequesterId;

/**
 * An IOMMU, or a bridge that does its work.
 *
 * @param name for people
 * @param segment whose devices it serves
 * @param registerBase where its registers are
 * @param devices who is behind it, by the ids that their requests carry
 */
public record Unit(String name, int segment, long registerBase, List<RequesterId> devices) {

  public Unit {
    devices = List.copyOf(devices);
  }
}
