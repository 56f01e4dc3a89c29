// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.memory.AddressRange;

/**
 * What has to be identity-mapped for a capture kernel: addresses, and what devices do there. Crash
 * ranges are read and written; where interrupts are writes that are translated (Arm), the doorbell,
 * a page that takes them, is written only.
 *
 * @param range whole pages
 * @param rights at least these have to be given
 */
public record Window(AddressRange range, Permissions rights) implements Comparable<Window> {

  /** {@return a crash range, which the dump is read from and devices write to} */
  public static Window ofCrashRange(AddressRange range) {
    return new Window(range, Permissions.READ_WRITE);
  }

  /** {@return a page that takes interrupts} */
  public static Window ofDoorbell(AddressRange range) {
    return new Window(range, Permissions.WRITE_ONLY);
  }

  /** {@return each of {@code crashRanges}} */
  public static List<Window> ofCrashRanges(List<AddressRange> crashRanges) {
    return crashRanges.stream().map(Window::ofCrashRange).toList();
  }

  /** {@return true if it is memory that the dump is read from, false of a doorbell} */
  public boolean isCrashRange() {
    return rights.allows(Access.READ);
  }

  /** {@return the mapping that serves it} */
  public Mapping identity() {
    return new Mapping(range, range.first(), rights);
  }

  @Override
  public int compareTo(Window other) {
    int byRange = range.compareTo(other.range);
    return byRange != 0 ? byRange : rights.compareTo(other.rights);
  }
}
