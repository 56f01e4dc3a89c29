// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What somebody wants armed.
 *
 * @param target what it is done to
 * @param crashRanges what {@code crashkernel=} reserved, one or more ranges of whole pages
 * @param devices only these; all that have tables if empty
 * @param arena memory that no kernel uses, for new table pages
 */
public record PlanRequest(
    Target target,
    List<AddressRange> crashRanges,
    Set<RequesterId> devices,
    Optional<AddressRange> arena) {

  public PlanRequest {
    crashRanges = crashRanges.stream().sorted().toList();
    devices = Set.copyOf(devices);
    if (crashRanges.isEmpty()) {
      throw new IllegalArgumentException("no crash range");
    }
  }
}
