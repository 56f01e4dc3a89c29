// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * The 12 bits beside an event's code: of IO_PAGE_FAULT all, of other events those that concern them
 * (AMD 48882, "Event Log Entry"). Bits are counted as Linux prints {@code flags}, from 0.
 */
public final class EventFlags {
  /** Guest translation, or nested. */
  public static final BitField GN = BitField.bit("GN", 0);

  /** No execute. */
  public static final BitField NX = BitField.bit("NX", 1);

  /** User privilege. */
  public static final BitField US = BitField.bit("US", 2);

  /** An interrupt request, no memory request. */
  public static final BitField I = BitField.bit("I", 3);

  /** What was asked for is present: the page, or for interrupts the remapping entry. */
  public static final BitField PR = BitField.bit("PR", 4);

  /** A write; 0 for reads. */
  public static final BitField RW = BitField.bit("RW", 5);

  /** The access is not permitted. */
  public static final BitField PE = BitField.bit("PE", 6);

  /** A reserved bit is not zero; 0 where a level is wrong. */
  public static final BitField RZ = BitField.bit("RZ", 7);

  /** A translation request, no transaction. */
  public static final BitField TR = BitField.bit("TR", 8);

  /** Type of hardware error or of invalid request, where the event has one. */
  public static final BitField TYPE = BitField.bits("Type", 11, 9);

  /** The flags. */
  public static final Layout LAYOUT =
      Layout.of("event flags", GN, NX, US, I, PR, RW, PE, RZ, TR, TYPE);

  private EventFlags() {}
}
