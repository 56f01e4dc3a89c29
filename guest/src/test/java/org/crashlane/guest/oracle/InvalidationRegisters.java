// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.BitField;

/**
 * Fields of the two registers by which VT-d caches are invalidated without a queue (VT-d
 * specification, "Context Command Register" and "IOTLB Invalidate Register").
 */
final class InvalidationRegisters {
  /** Context command: write 1 to begin; reads as 1 until done. */
  private static final BitField ICC = BitField.bit("ICC", 63);

  /** Context command: what to invalidate; 1 is all. */
  private static final BitField CIRG = BitField.bits("CIRG", 62, 61);

  /** IOTLB: write 1 to begin; reads as 1 until done. */
  private static final BitField IVT = BitField.bit("IVT", 63);

  /** IOTLB: what to invalidate; 1 is all. */
  private static final BitField IIRG = BitField.bits("IIRG", 61, 60);

  /** The command to invalidate all context entries. */
  static final long ALL_CONTEXTS = ICC.of(1) | CIRG.of(1);

  /** The command to invalidate all translations. */
  static final long ALL_TRANSLATIONS = IVT.of(1) | IIRG.of(1);

  private InvalidationRegisters() {}
}
