// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * PASID table entry: 64 bytes, 64 in a page (VT-d specification, "Scalable-Mode PASID Table Entry";
 * Linux 6.0 drivers/iommu/intel/pasid.h).
 */
public final class PasidTableEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 64;

  private static final Layout.Fields WORD_0_FIELDS = Layout.named("PASID table entry, word 0");

  /** Present. */
  public static final BitField P = WORD_0_FIELDS.bit("P", 0);

  /** Fault processing disable. */
  public static final BitField FPD = WORD_0_FIELDS.bit("FPD", 1);

  /** Address width of the second level, as in {@link ContextEntry#AW}. */
  public static final BitField AW = WORD_0_FIELDS.bits("AW", 4, 2);

  static final BitField SLEE = WORD_0_FIELDS.bit("SLEE", 5);

  /** PASID granular translation type, one of the {@code PGTT_} values. */
  public static final BitField PGTT = WORD_0_FIELDS.bits("PGTT", 8, 6);

  static final BitField SLADE = WORD_0_FIELDS.bit("SLADE", 9);
  static final BitField RSVD_11_10 = WORD_0_FIELDS.bits("RSVD_11_10", 11, 10);

  /** Second-level page-table pointer. */
  public static final BitField SLPTPTR = WORD_0_FIELDS.bits("SLPTPTR", 63, 12);

  private static final Layout.Fields WORD_1_FIELDS = Layout.named("PASID table entry, word 1");

  /** Domain id. */
  public static final BitField DID = WORD_1_FIELDS.bits("DID", 15, 0);

  static final BitField RSVD_22_16 = WORD_1_FIELDS.bits("RSVD_22_16", 22, 16);
  static final BitField PWSNP = WORD_1_FIELDS.bit("PWSNP", 23);
  static final BitField PGSNP = WORD_1_FIELDS.bit("PGSNP", 24);
  static final BitField CD = WORD_1_FIELDS.bit("CD", 25);
  static final BitField EMTE = WORD_1_FIELDS.bit("EMTE", 26);
  static final BitField EMT = WORD_1_FIELDS.bits("EMT", 29, 27);
  static final BitField PWT = WORD_1_FIELDS.bit("PWT", 30);
  static final BitField PCD = WORD_1_FIELDS.bit("PCD", 31);
  static final BitField PAT = WORD_1_FIELDS.bits("PAT", 63, 32);

  private static final Layout.Fields WORD_2_FIELDS = Layout.named("PASID table entry, word 2");

  /** Supervisor requests enable. */
  public static final BitField SRE = WORD_2_FIELDS.bit("SRE", 0);

  static final BitField ERE = WORD_2_FIELDS.bit("ERE", 1);

  /** First-level paging mode: 0 for 4 levels, 1 for 5, others reserved. */
  public static final BitField FLPM = WORD_2_FIELDS.bits("FLPM", 3, 2);

  /** Write protect enable: supervisor requests too need RW to write. */
  public static final BitField WPE = WORD_2_FIELDS.bit("WPE", 4);

  static final BitField NXE = WORD_2_FIELDS.bit("NXE", 5);
  static final BitField SMEP = WORD_2_FIELDS.bit("SMEP", 6);
  static final BitField EAFE = WORD_2_FIELDS.bit("EAFE", 7);
  static final BitField RSVD_11_8 = WORD_2_FIELDS.bits("RSVD_11_8", 11, 8);

  /** First-level page-table pointer. */
  public static final BitField FLPTPTR = WORD_2_FIELDS.bits("FLPTPTR", 63, 12);

  /** The first word. */
  public static final Layout WORD_0 = WORD_0_FIELDS.layout();

  /** The second word. */
  public static final Layout WORD_1 = WORD_1_FIELDS.layout();

  /** The third word. */
  public static final Layout WORD_2 = WORD_2_FIELDS.layout();

  /** PGTT: requests go through first-level tables alone. */
  public static final int PGTT_FIRST_LEVEL = 1;

  /** PGTT: requests go through second-level tables alone. */
  public static final int PGTT_SECOND_LEVEL = 2;

  /** PGTT: what first-level tables yield goes through second-level tables. */
  public static final int PGTT_NESTED = 3;

  /** PGTT: requests pass untranslated. */
  public static final int PGTT_PASS_THROUGH = 4;

  private static final BitField INDEX = BitField.bits("table index", 5, 0);
  private static final int LEVELS_OF_AW_ZERO = 2;
  private static final int LEVELS_OF_FLPM_ZERO = 4;

  private PasidTableEntry() {}

  /** {@return physical address of the entry of {@code pasid} in the table that serves it} */
  static long address(long table, long pasid) {
    return table + INDEX.get(pasid) * BYTES;
  }

  /** {@return how many levels the second-level tables have, 2 to 9} */
  static int secondLevels(long word0) {
    return (int) AW.get(word0) + LEVELS_OF_AW_ZERO;
  }

  /** {@return how many levels the first-level tables have, 4 to 7; more than 5 is reserved} */
  static int firstLevels(long word2) {
    return (int) FLPM.get(word2) + LEVELS_OF_FLPM_ZERO;
  }
}
