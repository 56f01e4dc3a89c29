// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.DeliveryMode;

/**
 * The third word of a device table entry, bits 191:128: what becomes of the device's interrupts
 * (AMD 48882, "Device Table Entry Format"; the rest as VirtualBox DevIommuAmd.cpp has it).
 */
public final class InterruptControl {
  /** Where the word is in a device table entry, in bytes. */
  public static final int OFFSET_BYTES = 16;

  private static final Layout.Fields FIELDS = Layout.named("DTE, interrupt word");

  /** Interrupt map valid: without it all interrupts pass as they are. */
  public static final BitField IV = FIELDS.bit("IV", 0);

  /** Interrupt table length: 2^n entries, n up to {@link #LENGTH_MAX}. */
  public static final BitField INT_TAB_LEN = FIELDS.bits("IntTabLen", 4, 1);

  /** Ignore unmapped interrupts: their events are not logged. */
  public static final BitField IG = FIELDS.bit("IG", 5);

  /** Interrupt table root pointer: a physical address, a multiple of 64. */
  public static final BitField INT_TAB_ROOT = FIELDS.bits("IntTabRoot", 51, 6);

  static final BitField RSVD_53_52 = FIELDS.bits("RSVD_53_52", 53, 52);

  /** Guest paging mode. */
  public static final BitField GUEST_PAGING_MODE = FIELDS.bits("GuestPagingMode", 55, 54);

  /** INIT interrupts pass. */
  public static final BitField INIT_PASS = FIELDS.bit("InitPass", 56);

  /** External interrupts (of the 8259) pass. */
  public static final BitField EINT_PASS = FIELDS.bit("EIntPass", 57);

  /** NMIs pass. */
  public static final BitField NMI_PASS = FIELDS.bit("NMIPass", 58);

  /** Host page table mode. */
  public static final BitField HPT_MODE = FIELDS.bit("HPTMode", 59);

  /** What becomes of fixed and arbitrated interrupts: one of the {@code INT_CTL_} values. */
  public static final BitField INT_CTL = FIELDS.bits("IntCtl", 61, 60);

  /** The LINT0 pin passes. */
  public static final BitField LINT0_PASS = FIELDS.bit("Lint0Pass", 62);

  /** The LINT1 pin passes. */
  public static final BitField LINT1_PASS = FIELDS.bit("Lint1Pass", 63);

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  /** Fixed and arbitrated interrupts are aborted. */
  public static final int INT_CTL_ABORT = 0;

  /** They pass as they are. */
  public static final int INT_CTL_FORWARD = 1;

  /** They are remapped by the table. */
  public static final int INT_CTL_REMAP = 2;

  /** Longest table: 2^11 entries, as many as MSI data can name. */
  public static final int LENGTH_MAX = 11;

  /** Which entry a message chooses: bits 10:0 of its data, delivery mode included. */
  public static final BitField INDEX = BitField.bits("MSI data[10:0]", 10, 0);

  private InterruptControl() {}

  /** {@return true if the device's fixed interrupts go through a table} */
  static boolean remaps(long word) {
    return IV.isSet(word) && INT_CTL.get(word) == INT_CTL_REMAP && entryCount(word) > 0;
  }

  /** {@return true if the device's fixed interrupts pass as they are} */
  static boolean passesFixed(long word) {
    return !IV.isSet(word) || (INT_CTL.get(word) == INT_CTL_FORWARD && !RSVD_53_52.isSet(word));
  }

  /** {@return how many entries the table has, 1 to 2,048, or 0 for a length that is reserved} */
  static int entryCount(long word) {
    int length = (int) INT_TAB_LEN.get(word);
    return length > LENGTH_MAX ? 0 : 1 << length;
  }

  /** {@return the word, which is at {@code address}, as what decides of an interrupt} */
  static Reason evidence(long word, long address) {
    return Reason.of(
        Named.DEVICE_ENTRY, new Reason.At(address), new Reason.Words(LAYOUT.word(word)));
  }

  /** {@return true if interrupts of {@code mode}, which brings no vector, pass} */
  static boolean passes(long word, DeliveryMode mode) {
    return switch (mode) {
      case SMI -> true;
      case NMI -> NMI_PASS.isSet(word);
      case INIT -> INIT_PASS.isSet(word);
      case EXT_INT -> EINT_PASS.isSet(word);
      case FIXED, LOWEST_PRIORITY, RESERVED_3, RESERVED_6 -> false;
    };
  }
}
