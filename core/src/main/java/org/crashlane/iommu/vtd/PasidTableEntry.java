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

  /** Present. */
  public static final BitField P = BitField.bit("P", 0);

  /** Fault processing disable. */
  public static final BitField FPD = BitField.bit("FPD", 1);

  /** Address width of the second level, as in {@link ContextEntry#AW}. */
  public static final BitField AW = BitField.bits("AW", 4, 2);

  static final BitField SLEE = BitField.bit("SLEE", 5);

  /** PASID granular translation type, one of the {@code PGTT_} values. */
  public static final BitField PGTT = BitField.bits("PGTT", 8, 6);

  static final BitField SLADE = BitField.bit("SLADE", 9);
  static final BitField RSVD_11_10 = BitField.bits("RSVD_11_10", 11, 10);

  /** Second-level page-table pointer. */
  public static final BitField SLPTPTR = BitField.bits("SLPTPTR", 63, 12);

  /** Domain id. */
  public static final BitField DID = BitField.bits("DID", 15, 0);

  static final BitField RSVD_22_16 = BitField.bits("RSVD_22_16", 22, 16);
  static final BitField PWSNP = BitField.bit("PWSNP", 23);
  static final BitField PGSNP = BitField.bit("PGSNP", 24);
  static final BitField CD = BitField.bit("CD", 25);
  static final BitField EMTE = BitField.bit("EMTE", 26);
  static final BitField EMT = BitField.bits("EMT", 29, 27);
  static final BitField PWT = BitField.bit("PWT", 30);
  static final BitField PCD = BitField.bit("PCD", 31);
  static final BitField PAT = BitField.bits("PAT", 63, 32);

  /** Supervisor requests enable. */
  public static final BitField SRE = BitField.bit("SRE", 0);

  static final BitField ERE = BitField.bit("ERE", 1);

  /** First-level paging mode: 0 for 4 levels, 1 for 5, others reserved. */
  public static final BitField FLPM = BitField.bits("FLPM", 3, 2);

  /** Write protect enable: supervisor requests too need RW to write. */
  public static final BitField WPE = BitField.bit("WPE", 4);

  static final BitField NXE = BitField.bit("NXE", 5);
  static final BitField SMEP = BitField.bit("SMEP", 6);
  static final BitField EAFE = BitField.bit("EAFE", 7);
  static final BitField RSVD_11_8 = BitField.bits("RSVD_11_8", 11, 8);

  /** First-level page-table pointer. */
  public static final BitField FLPTPTR = BitField.bits("FLPTPTR", 63, 12);

  /** The first word. */
  public static final Layout WORD_0 =
      Layout.of("PASID table entry, word 0", P, FPD, AW, SLEE, PGTT, SLADE, RSVD_11_10, SLPTPTR);

  /** The second word. */
  public static final Layout WORD_1 =
      Layout.of(
          "PASID table entry, word 1", DID, RSVD_22_16, PWSNP, PGSNP, CD, EMTE, EMT, PWT, PCD, PAT);

  /** The third word. */
  public static final Layout WORD_2 =
      Layout.of(
          "PASID table entry, word 2", SRE, ERE, FLPM, WPE, NXE, SMEP, EAFE, RSVD_11_8, FLPTPTR);

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
