// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.DeliveryMode;

/**
 * What the third word of a device table entry, {@link DeviceTableEntry#WORD_2}, means for the
 * device's interrupts (AMD 48882, "Device Table Entry Format"; what passes, as VirtualBox
 * DevIommuAmd.cpp has it).
 */
public final class InterruptControl {
  /** Where the word stands in a device table entry, in bytes. */
  public static final int OFFSET_BYTES = 16;

  /** Greatest IntTabLen: 2^11 entries, as many as MSI data can name. */
  public static final int LENGTH_MAX = 11;

  /** Which entry a message chooses: bits 10:0 of its data, delivery mode included. */
  public static final BitField INDEX = BitField.bits("MSI data[10:0]", 10, 0);

  private InterruptControl() {}

  /** {@return true if the device's fixed interrupts go through a table} */
  static boolean remaps(long word) {
    return DeviceTableEntry.remapsInterrupts(word) && entryCount(word) > 0;
  }

  /** {@return how many entries the table has, 1 to 2,048, or 0 for a length that is reserved} */
  static int entryCount(long word) {
    int length = (int) DeviceTableEntry.INT_TAB_LEN.get(word);
    return length > LENGTH_MAX ? 0 : 1 << length;
  }

  /** {@return the word, which stands at {@code address}, in words for people} */
  static String describe(long word, long address) {
    return "%s at %s: %s"
        .formatted(
            DeviceTableEntry.WORD_2.name(),
            Hex.of(address),
            DeviceTableEntry.WORD_2.describe(word));
  }

  /** {@return true if interrupts of {@code mode}, which brings no vector, pass} */
  static boolean passes(long word, DeliveryMode mode) {
    return switch (mode) {
      case SMI -> true;
      case NMI -> DeviceTableEntry.NMI_PASS.isSet(word);
      case INIT -> DeviceTableEntry.INIT_PASS.isSet(word);
      case EXT_INT -> DeviceTableEntry.EINT_PASS.isSet(word);
      case FIXED, LOWEST_PRIORITY, RESERVED_3, RESERVED_6 -> false;
    };
  }
}
