// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;

/**
 * Which devices QEMU lets pass by the guest's IOMMU, as the human monitor's {@code info qtree}
 * shows it: virtio devices without {@code iommu_platform}, and all behind a host bridge with {@code
 * bypass_iommu}.
 */
final class IommuBypass {
  private static final Pattern FUNCTION =
      Pattern.compile("( *)class .*, addr ([0-9a-f]{2}):([0-9a-f]{2})\\.([0-7]), pci id .*");
  private static final Pattern HOST_BYPASS =
      Pattern.compile("( *)(?:default-bus-)?bypass-iommu = (true|false)\\s*");
  private static final Pattern NO_PLATFORM = Pattern.compile("( *)iommu_platform = false\\s*");
  private static final int HEXADECIMAL = 16;

  private final Map<RequesterId, Fact> reasons = new LinkedHashMap<>();
  private int bypassIndent = Integer.MAX_VALUE;

  private IommuBypass() {}

  /** {@return why each of them passes} */
  static Map<RequesterId, Fact> find(String qtree) {
    IommuBypass found = new IommuBypass();
    RequesterId last = new RequesterId(0);
    int lastIndent = Integer.MAX_VALUE;
    for (String line : qtree.split("\n", -1)) {
      Matcher host = HOST_BYPASS.matcher(line);
      Matcher function = FUNCTION.matcher(line);
      Matcher platform = NO_PLATFORM.matcher(line);
      if (host.matches()) {
        boolean bypasses = host.group(2).equals("true");
        found.bypassIndent = bypasses ? host.group(1).length() : Integer.MAX_VALUE;
      } else if (function.matches()) {
        last = requester(function);
        lastIndent = function.group(1).length();
        if (lastIndent > found.bypassIndent) {
          found.reasons.put(last, Fact.BYPASSED_BY_HOST_BRIDGE);
        }
      } else if (platform.matches() && platform.group(1).length() > lastIndent) {
        found.reasons.putIfAbsent(last, Fact.BYPASSED_BY_VIRTIO);
      }
    }
    return found.reasons;
  }

  private static RequesterId requester(Matcher m) {
    return RequesterId.of(
        Integer.parseInt(m.group(2), HEXADECIMAL),
        Integer.parseInt(m.group(3), HEXADECIMAL),
        Integer.parseInt(m.group(4), HEXADECIMAL));
  }
}
