// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.nio.ByteOrder;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.flat.FlatFormat;
import org.crashlane.memory.AddressRange;

/**
 * GART page table entry: 32 bits, little-endian, one for each 4 KiB of the aperture (Linux 2.6.27
 * arch/x86/kernel/pci-gart_64.c, GPTE_ENCODE and GPTE_DECODE; Linux 6.0 amd_gart_64.c is the same).
 * The physical address has 40 bits, of which the upper 8 are in the entry's lower part. There are
 * no rights: what is mapped may be read and written.
 *
 * <p>Entries are held in a {@code long}, upper half zero.
 */
public final class Gpte {
  /** Size of an entry in memory. */
  public static final int BYTES = Integer.BYTES;

  /** The part of an address that stays within the page that an entry maps. */
  static final BitField PAGE_OFFSET = BitField.bits("page offset", 11, 0);

  /** How many bytes of the aperture an entry maps. */
  public static final int PAGE_BYTES = 1 << PAGE_OFFSET.width();

  /** An entry of zeros: maps nothing. */
  public static final long ABSENT = 0;

  private static final Layout.Fields FIELDS = Layout.named("GART entry");

  /** The entry maps a page. */
  public static final BitField VALID = FIELDS.bit("VALID", 0);

  /** Requests through the entry probe the CPUs' caches. */
  public static final BitField COHERENT = FIELDS.bit("COHERENT", 1);

  /**
   * Reserved, to be written as zeros. Whether hardware minds is not known; here it does not (not
   * verified).
   */
  public static final BitField RSVD_3_2 = FIELDS.bits("RSVD_3_2", 3, 2);

  /** Bits 39:32 of the page's physical address. */
  public static final BitField PHYS_39_32 = FIELDS.bits("PHYS_39_32", 11, 4);

  /** Bits 31:12 of the page's physical address. */
  public static final BitField PHYS_31_12 = FIELDS.bits("PHYS_31_12", 31, 12);

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  private static final BitField ADDRESS_39_32 = BitField.bits("address 39:32", 39, 32);
  private static final BitField ADDRESS_31_12 = BitField.bits("address 31:12", 31, 12);

  /** The last physical address that an entry can lead to. */
  public static final long HIGHEST_ADDRESS = BitField.lowMask(ADDRESS_39_32.high() + 1);

  /** What entries mean, to those who know flat tables alone. */
  public static final FlatFormat FORMAT = new Format();

  private Gpte() {}

  /**
   * {@return a valid and coherent entry, as kernels write it}
   *
   * @param physicalAddress of a 4 KiB page below 2^40
   */
  public static long encode(long physicalAddress) {
    return encode(physicalAddress, true);
  }

  /**
   * {@return a valid entry}
   *
   * @param physicalAddress of a 4 KiB page below 2^40
   * @param coherent whether requests probe the CPUs' caches
   */
  public static long encode(long physicalAddress, boolean coherent) {
    requireMappable(physicalAddress);
    return PHYS_31_12.of(ADDRESS_31_12.get(physicalAddress))
        | PHYS_39_32.of(ADDRESS_39_32.get(physicalAddress))
        | COHERENT.of(coherent ? 1 : 0)
        | VALID.mask();
  }

  static void requireMappable(long physicalAddress) {
    if ((physicalAddress & ~(ADDRESS_39_32.mask() | ADDRESS_31_12.mask())) != 0) {
      throw new IllegalArgumentException("not a 4 KiB page below 2^40: " + Hex.of(physicalAddress));
    }
  }

  /** {@return the page's physical address, whether or not the entry is valid} */
  public static long physicalAddress(long entry) {
    return ADDRESS_31_12.of(PHYS_31_12.get(entry)) | ADDRESS_39_32.of(PHYS_39_32.get(entry));
  }

  /** {@return true if the entry maps a page} */
  public static boolean isValid(long entry) {
    return VALID.isSet(entry);
  }

  /** {@return true if requests through the entry probe the CPUs' caches} */
  public static boolean isCoherent(long entry) {
    return COHERENT.isSet(entry);
  }

  private static final class Format extends FlatFormat {
    Format() {
      super(BYTES, PAGE_BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public Use use(long entry) {
      if (!isValid(entry)) {
        return Use.FREE;
      }
      return RSVD_3_2.isSet(entry) ? Use.MAPS_WITH_RESERVED_BITS : Use.MAPS;
    }

    @Override
    public Reason wrong(long entry) {
      return Reason.of(TableFact.RESERVED_BITS, new Reason.Bits(RSVD_3_2.inPlace(entry)));
    }

    @Override
    public long target(long entry) {
      return physicalAddress(entry);
    }

    @Override
    public Permissions permissions(long entry) {
      return Permissions.READ_WRITE;
    }

    @Override
    public boolean canGive(Permissions permissions) {
      return permissions == Permissions.READ_WRITE;
    }

    /** Nothing leads to the interrupt window: there a write would be an interrupt. */
    @Override
    public boolean canTarget(long first, long last) {
      return Long.compareUnsigned(first, last) <= 0
          && Long.compareUnsigned(last, HIGHEST_ADDRESS) <= 0
          && !InterruptWindow.RANGE.overlaps(new AddressRange(first, last));
    }

    @Override
    public long entry(long physical, Permissions permissions) {
      return encode(physical);
    }
  }
}
