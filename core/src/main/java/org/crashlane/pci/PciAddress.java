// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PCI function in the whole machine: segment and requester id. Printed {@code ssss:bb:dd.f}.
 *
 * @param segment PCI segment group, 0 to 65535
 * @param requester bus, device and function
 */
public record PciAddress(int segment, RequesterId requester) implements Comparable<PciAddress> {
  private static final int SEGMENT_MAX = 0xffff;
  private static final int HEX_RADIX = 16;
  private static final Pattern TEXT = Pattern.compile("(?:([0-9a-fA-F]{1,4}):)?([^:]*:[^:]*)");

  public PciAddress {
    if (segment < 0 || segment > SEGMENT_MAX) {
      throw new IllegalArgumentException("PCI segment out of range: " + segment);
    }
  }

  /**
   * Reads {@code [ssss:]bb:dd.f}.
   *
   * @throws IllegalArgumentException saying what was wanted
   */
  public static PciAddress parse(String text) {
    Matcher m = TEXT.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("not a device: '" + text + "' (expected [ssss:]bb:dd.f)");
    }
    int segment = m.group(1) == null ? 0 : Integer.parseInt(m.group(1), HEX_RADIX);
    return new PciAddress(segment, RequesterId.parse(m.group(2)));
  }

  @Override
  public int compareTo(PciAddress other) {
    int bySegment = Integer.compare(segment, other.segment);
    return bySegment != 0 ? bySegment : requester.compareTo(other.requester);
  }

  @Override
  public String toString() {
    return String.format("%04x:%s", segment, requester);
  }
}
