// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * The 12 bits beside an event's code: of IO_PAGE_FAULT all, of other events those that concern them
 * (AMD 48882, "Event Log Entry"). Bits are counted as Linux prints {@code flags}, from 0.
 */
public final class EventFlags {
  private static final Layout.Fields FIELDS = Layout.named("event flags");

  /** Guest translation, or nested. */
  public static final BitField GN = FIELDS.bit("GN", 0);

  /** No execute. */
  public static final BitField NX = FIELDS.bit("NX", 1);

  /** User privilege. */
  public static final BitField US = FIELDS.bit("US", 2);

  /** An interrupt request, no memory request. */
  public static final BitField I = FIELDS.bit("I", 3);

  /** What was asked for is present: the page, or for interrupts the remapping entry. */
  public static final BitField PR = FIELDS.bit("PR", 4);

  /** A write; 0 for reads. */
  public static final BitField RW = FIELDS.bit("RW", 5);

  /** The access is not permitted. */
  public static final BitField PE = FIELDS.bit("PE", 6);

  /** A reserved bit is not zero; 0 where a level is wrong. */
  public static final BitField RZ = FIELDS.bit("RZ", 7);

  /** A translation request, no transaction. */
  public static final BitField TR = FIELDS.bit("TR", 8);

  /** Type of hardware error or of invalid request, where the event has one. */
  public static final BitField TYPE = FIELDS.bits("Type", 11, 9);

  /** The flags. */
  public static final Layout LAYOUT = FIELDS.layout();

  private EventFlags() {}
}
