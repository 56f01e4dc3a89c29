// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Table address register of one PHB: 64 bits, big-endian on the bus (Linux 2.6.27
 * arch/x86/kernel/pci-calgary_64.c, {@code calgary_setup_tar}). Writing it also empties the unit's
 * TCE cache. Values here have their bits in place; {@link Registers#read64} turns them round.
 */
public final class Tar {
  private static final Layout.Fields FIELDS = Layout.named("TAR");

  /** Size of the table, {@link TableSize#spec}. */
  public static final BitField SPEC = FIELDS.bits("SPEC", 2, 0);

  /** Valid. Linux never sets it, and translation works all the same. */
  public static final BitField VALID = FIELDS.bit("VALID", 3);

  /** Not software's: Linux keeps what it finds. */
  static final BitField KEPT_14_4 = FIELDS.bits("KEPT_14_4", 14, 4);

  /** The table, a physical address in steps of 32 KiB, though no table is below 64 KiB. */
  public static final BitField TABLE = FIELDS.bits("TABLE", 47, 15);

  /** Not software's: Linux keeps what it finds. */
  static final BitField KEPT_63_48 = FIELDS.bits("KEPT_63_48", 63, 48);

  /** The register. */
  public static final Layout LAYOUT = FIELDS.layout();

  private Tar() {}

  /** {@return a register that points to {@code table} and is zero elsewhere} */
  public static long of(TceTable table) {
    return with(0, table);
  }

  /** {@return {@code tar} pointing to {@code table}, as Linux writes it: VALID clear} */
  public static long with(long tar, TceTable table) {
    long kept = KEPT_63_48.inPlace(tar) | KEPT_14_4.inPlace(tar);
    return kept | table.address() | SPEC.of(table.size().spec());
  }

  /** {@return the table that {@code tar} points to} */
  public static TceTable table(long tar) {
    return new TceTable(TABLE.inPlace(tar), TableSize.ofSpec((int) SPEC.get(tar)));
  }
}
