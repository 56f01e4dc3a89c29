// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;

/**
 * What somebody wants armed.
 *
 * @param target what it is done to
 * @param windows what has to be mapped to itself, one or more, of whole pages
 * @param devices only these; all that have tables if empty
 * @param arena memory that no kernel uses, for new table pages: all zero, or as an earlier arming
 *     has left it
 * @param earlier the stores of that arming; empty if there was none
 */
public record PlanRequest(
    Target target,
    List<Window> windows,
    Set<RequesterId> devices,
    Optional<AddressRange> arena,
    List<Store> earlier) {

  public PlanRequest {
    windows = windows.stream().distinct().sorted().toList();
    devices = Set.copyOf(devices);
    earlier = List.copyOf(earlier);
    if (windows.isEmpty()) {
      throw new IllegalArgumentException("no crash range");
    }
  }

  /** A request for a target that was not armed before. */
  public PlanRequest(
      Target target, List<Window> windows, Set<RequesterId> devices, Optional<AddressRange> arena) {
    this(target, windows, devices, arena, List.of());
  }

  /** {@return where the windows are} */
  public List<AddressRange> ranges() {
    return windows.stream().map(Window::range).toList();
  }
}
