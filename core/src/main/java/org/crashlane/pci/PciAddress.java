// SPDX-License-Identifier: Apache-2.0
package org.crashlane.pci;

/**
 * A PCI function in the whole machine: segment and requester id. Printed {@code ssss:bb:dd.f}.
 *
 * @param segment PCI segment group, 0 to 65535
 * @param requester bus, device and function
 */
public record PciAddress(int segment, RequesterId requester) implements Comparable<PciAddress> {
  private static final int SEGMENT_MAX = 0xffff;
  private static final int HEX_RADIX = 16;

  public PciAddress {
    if (segment < 0 || segment > SEGMENT_MAX) {
      throw new IllegalArgumentException("PCI segment out of range: " + segment);
    }
  }

  /**
   * Reads {@code ssss:bb:dd.f} or, for segment 0, {@code bb:dd.f}.
   *
   * @throws IllegalArgumentException saying what was wanted
   */
  public static PciAddress parse(String text) {
    int colon = text.indexOf(':');
    if (colon >= 0 && text.indexOf(':', colon + 1) >= 0) {
      try {
        int segment = Integer.parseInt(text.substring(0, colon), HEX_RADIX);
        return new PciAddress(segment, RequesterId.parse(text.substring(colon + 1)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("not a device: '" + text + "' (wanted ssss:bb:dd.f)", e);
      }
    }
    return new PciAddress(0, RequesterId.parse(text));
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
