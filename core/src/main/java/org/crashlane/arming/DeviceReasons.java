// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Subject.Requesters;

/** What is said of devices, once for all of which the same is said: there may be 65,536. */
final class DeviceReasons {
  private final Map<Object, List<RequesterId>> devices = new LinkedHashMap<>();
  private final Map<Object, List<Evidence>> reasons = new LinkedHashMap<>();

  void add(RequesterId device, Evidence... evidence) {
    add(List.of(evidence), device, evidence);
  }

  /** Adds a device with evidence that is the same for all devices with an equal {@code key}. */
  void add(Object key, RequesterId device, Evidence... evidence) {
    devices.computeIfAbsent(key, _ -> new ArrayList<>()).add(device);
    reasons.putIfAbsent(key, List.of(evidence));
  }

  /** {@return one refusal for each reason, in order of appearance} */
  List<Refusal> refusals(Refusal.Kind kind) {
    return devices.entrySet().stream()
        .map(each ->
            new Refusal(
                kind, new Requesters(each.getValue()), reasons.get(each.getKey()), List.of()))
        .toList();
  }
}
