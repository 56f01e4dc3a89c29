// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;

/**
 * What QEMU does as the guest's IOMMU and its registers do not say, as the human monitor's {@code
 * info qtree} shows it.
 */
final class IommuProperties {
  private static final Pattern DEVICE = Pattern.compile(" *dev: ([^,]*), id .*");
  private static final Pattern ADDRESS_WIDTH = Pattern.compile(" *aw-bits = (\\d{1,2}) .*");
  private static final String VTD = "intel-iommu";

  private static final Pattern FUNCTION =
      Pattern.compile("( *)class .*, addr ([0-9a-f]{2}):([0-9a-f]{2})\\.([0-7]), pci id .*");
  private static final Pattern HOST_BYPASS =
      Pattern.compile("( *)(?:default-bus-)?bypass-iommu = (true|false)\\s*");
  private static final Pattern NO_PLATFORM = Pattern.compile("( *)iommu_platform = false\\s*");
  private static final int HEXADECIMAL = 16;

  private final Map<RequesterId, Fact> reasons = new LinkedHashMap<>();
  private int bypassIndent = Integer.MAX_VALUE;
  private int addressWidth = HostFacts.ADDRESS_WIDTH_MAX;

  private IommuProperties() {}

  /**
   * {@return why each device passes that QEMU lets pass by} Virtio devices without {@code
   * iommu_platform} do, and all behind a host bridge with {@code bypass_iommu}.
   */
  Map<RequesterId, Fact> passing() {
    return Collections.unmodifiableMap(reasons);
  }

  /**
   * {@return what has to be known to read the IOMMU's tables} As an Intel IOMMU, QEMU takes address
   * bits above aw-bits for reserved, which is what its DMAR table has too (hw/i386/intel_iommu.c,
   * vtd_init). As an AMD IOMMU it takes all 52 bits, whatever its IVRS table has
   * (hw/i386/amd_iommu.h, AMDVI_DEV_PT_ROOT_MASK). Memory is not encrypted: see {@link
   * EncryptedMemory#requireNone}.
   */
  HostFacts facts() {
    return new HostFacts(addressWidth, 0, Known.UNKNOWN, reasons.keySet());
  }

  static IommuProperties parse(String qtree) {
    IommuProperties found = new IommuProperties();
    String device = "";
    RequesterId last = new RequesterId(0);
    int lastIndent = Integer.MAX_VALUE;
    for (String line : qtree.split("\n", -1)) {
      Matcher host = HOST_BYPASS.matcher(line);
      Matcher function = FUNCTION.matcher(line);
      Matcher platform = NO_PLATFORM.matcher(line);
      Matcher dev = DEVICE.matcher(line);
      Matcher width = ADDRESS_WIDTH.matcher(line);
      if (dev.matches()) {
        device = dev.group(1);
      } else if (device.equals(VTD) && width.matches()) {
        found.addressWidth = addressWidth(Integer.parseInt(width.group(1)));
      } else if (host.matches()) {
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
    return found;
  }

  /** {@return a width that QEMU can have: it takes 39 and 48} */
  private static int addressWidth(int bits) {
    return bits < Integer.SIZE || bits > HostFacts.ADDRESS_WIDTH_MAX
        ? HostFacts.ADDRESS_WIDTH_MAX
        : bits;
  }

  private static RequesterId requester(Matcher m) {
    return RequesterId.of(
        Integer.parseInt(m.group(2), HEXADECIMAL),
        Integer.parseInt(m.group(3), HEXADECIMAL),
        Integer.parseInt(m.group(4), HEXADECIMAL));
  }
}
