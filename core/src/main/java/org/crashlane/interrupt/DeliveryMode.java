// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;

/**
 * What an interrupt asks of the processor, as bits 10:8 of MSI data, of an IOAPIC entry and of the
 * IOMMUs' entries have it.
 */
public enum DeliveryMode {
  FIXED(0),
  /** Fixed, to whichever of the destinations runs at the lowest priority; AMD's "arbitrated". */
  LOWEST_PRIORITY(1),
  SMI(2),
  RESERVED_3(3),
  NMI(4),
  INIT(5),
  RESERVED_6(6),
  /** The vector comes from the 8259. */
  EXT_INT(7);

  private static final List<DeliveryMode> BY_ENCODING = List.of(values());

  private final int encoding;

  DeliveryMode(int encoding) {
    this.encoding = encoding;
  }

  /** {@return the mode that {@code encoding}, 0 to 7, represents} */
  public static DeliveryMode of(long encoding) {
    return BY_ENCODING.get((int) encoding);
  }

  /** {@return how it is written, 0 to 7} */
  public int encoding() {
    return encoding;
  }

  /** {@return true if it brings the processor a vector: the interrupts of devices} */
  public boolean bringsVector() {
    return this == FIXED || this == LOWEST_PRIORITY;
  }
}
