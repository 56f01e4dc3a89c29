// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.pci.RequesterId;

/** What is said of devices, once for all of which the same is said: there may be 65,536. */
final class DeviceReasons {
  private static final int NAMED_MAX = 8;

  private final Map<String, List<RequesterId>> devices = new LinkedHashMap<>();

  void add(RequesterId device, String reason) {
    devices.computeIfAbsent(reason, _ -> new ArrayList<>()).add(device);
  }

  /** {@return one refusal for each reason, in order of appearance} */
  List<Refusal> refusals(Refusal.Kind kind) {
    return devices.entrySet().stream()
        .map(each -> new Refusal(kind, named(each.getValue()) + ": " + each.getKey()))
        .toList();
  }

  private static String named(List<RequesterId> all) {
    if (all.size() == 1) {
      return "device " + all.getFirst();
    }
    return all.size() <= NAMED_MAX
        ? "devices " + String.join(" ", all.stream().map(RequesterId::toString).toList())
        : "%,d devices from %s to %s".formatted(all.size(), all.getFirst(), all.getLast());
  }
}
