// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Permissions;

/**
 * Device table entry: 32 bytes in four words, one for each device id (AMD 48882, "Device Table
 * Entry Format"; Linux 6.0 drivers/iommu/amd/amd_iommu_types.h, VirtualBox iommu-amd.h).
 *
 * <p>The first two words say what becomes of DMA; the third, what becomes of interrupts: {@link
 * InterruptControl}.
 */
public final class DeviceTableEntry {
  /** Size of an entry in bytes. */
  public static final int BYTES = 32;

  /** Size of an entry in words of 8 bytes. */
  static final int WORDS = BYTES / Long.BYTES;

  /** Valid: without it, requests pass untranslated. */
  public static final BitField V = BitField.bit("V", 0);

  /** Translation information valid: Mode, root, IR and IW count. */
  public static final BitField TV = BitField.bit("TV", 1);

  static final BitField RSVD_6_2 = BitField.bits("RSVD_6_2", 6, 2);

  /** Host access and dirty bits are kept. */
  static final BitField HAD = BitField.bits("HAD", 8, 7);

  /** Paging mode: how many levels the tables have; 0 for none, 7 is reserved. */
  public static final BitField MODE = BitField.bits("Mode", 11, 9);

  /** Host page table root pointer: physical, of 4 KiB pages. */
  public static final BitField ROOT = BitField.bits("HostPageTableRootPtr", 51, 12);

  static final BitField PPR = BitField.bit("PPR", 52);
  static final BitField GPRP = BitField.bit("GPRP", 53);

  /** Requests without a PASID go through the guest tables of PASID 0. */
  public static final BitField GIOV = BitField.bit("GIoV", 54);

  /** Guest translation valid. */
  public static final BitField GV = BitField.bit("GV", 55);

  /** Levels of the guest CR3 table, less one. */
  public static final BitField GLX = BitField.bits("GLX", 57, 56);

  static final BitField GCR3_14_12 = BitField.bits("GCR3_14_12", 60, 58);

  /** Reads pass, as far as the tables allow. */
  public static final BitField IR = BitField.bit("IR", 61);

  /** Writes pass, as far as the tables allow. */
  public static final BitField IW = BitField.bit("IW", 62);

  static final BitField RSVD_63 = BitField.bit("RSVD_63", 63);

  /** Domain id: the tag of cached translations. */
  public static final BitField DOMAIN_ID = BitField.bits("DomainID", 15, 0);

  static final BitField GCR3_30_15 = BitField.bits("GCR3_30_15", 31, 16);

  /** The device may have a TLB of its own. */
  static final BitField I = BitField.bit("I", 32);

  /** Suppress page fault events, all but the first. */
  public static final BitField SE = BitField.bit("SE", 33);

  /** Suppress all page fault events. */
  public static final BitField SA = BitField.bit("SA", 34);

  static final BitField IO_CTL = BitField.bits("IoCtl", 36, 35);
  static final BitField CACHE = BitField.bit("Cache", 37);
  static final BitField SD = BitField.bit("SD", 38);

  /** Allow exclusion: addresses in the exclusion range pass untranslated. */
  public static final BitField EX = BitField.bit("EX", 39);

  static final BitField SYS_MGT = BitField.bits("SysMgt", 41, 40);
  static final BitField SATS = BitField.bit("SATS", 42);
  static final BitField GCR3_51_31 = BitField.bits("GCR3_51_31", 63, 43);

  static final BitField RSVD_14_0 = BitField.bits("RSVD_14_0", 14, 0);
  static final BitField VIMU_EN = BitField.bit("vImuEn", 15);
  static final BitField GDEVICE_ID = BitField.bits("GDeviceID", 31, 16);
  static final BitField GUEST_ID = BitField.bits("GuestID", 47, 32);
  static final BitField RSVD_53_48 = BitField.bits("RSVD_53_48", 53, 48);
  static final BitField ATTR_V = BitField.bit("AttrV", 54);
  static final BitField MODE0_FC = BitField.bit("Mode0FC", 55);
  static final BitField SNOOP_ATTRIBUTE = BitField.bits("SnoopAttribute", 63, 56);

  /** The first word. */
  public static final Layout WORD_0 =
      Layout.of(
          "device table entry, word 0",
          V,
          TV,
          RSVD_6_2,
          HAD,
          MODE,
          ROOT,
          PPR,
          GPRP,
          GIOV,
          GV,
          GLX,
          GCR3_14_12,
          IR,
          IW,
          RSVD_63);

  /** The second word. */
  public static final Layout WORD_1 =
      Layout.of(
          "device table entry, word 1",
          DOMAIN_ID,
          GCR3_30_15,
          I,
          SE,
          SA,
          IO_CTL,
          CACHE,
          SD,
          EX,
          SYS_MGT,
          SATS,
          GCR3_51_31);

  /** The fourth word. */
  public static final Layout WORD_3 =
      Layout.of(
          "device table entry, word 3",
          RSVD_14_0,
          VIMU_EN,
          GDEVICE_ID,
          GUEST_ID,
          RSVD_53_48,
          ATTR_V,
          MODE0_FC,
          SNOOP_ATTRIBUTE);

  /** Mode: no tables, an address is the physical address; IR and IW count. */
  public static final int MODE_UNTRANSLATED = 0;

  /** Mode: the most levels there are. */
  public static final int MODE_LEVELS_MAX = 6;

  private static final int GCR3_FIRST_BIT = 12;
  private static final int GCR3_SECOND_BIT = 15;
  private static final int GCR3_THIRD_BIT = 31;

  private DeviceTableEntry() {}

  /**
   * {@return word 0 of an entry whose device goes through tables, with all rights}
   *
   * @param table physical address of the top table
   * @param levels how many levels it has, 1 to 6
   */
  public static long translated(long table, int levels) {
    return ROOT.inPlace(table) | MODE.of(levels) | blocked() | PageTableEntry.rights();
  }

  /** {@return word 0 of an entry whose device passes untranslated, with all rights} */
  public static long passThrough() {
    return blocked() | PageTableEntry.rights();
  }

  /**
   * {@return word 0 of an entry that lets nothing pass, as Linux has them before a driver binds}
   */
  public static long blocked() {
    return V.of(1) | TV.of(1);
  }

  /**
   * {@return word 1 of an entry}
   *
   * @param domainId 0 to 65535
   */
  public static long domain(int domainId) {
    return DOMAIN_ID.of(domainId);
  }

  /** {@return true if the entry counts; otherwise requests pass untranslated} */
  public static boolean isValid(long word0) {
    return V.isSet(word0);
  }

  /** {@return true if a valid entry lets nothing pass and leads nowhere} */
  static boolean isDefault(long word0) {
    return (word0 & ~TV.mask()) == V.mask();
  }

  /** {@return how many levels the tables have; 0 for none, 7 is no mode there is} */
  public static int levels(long word0) {
    return (int) MODE.get(word0);
  }

  /** {@return the domain id} */
  public static int domainId(long word1) {
    return (int) DOMAIN_ID.get(word1);
  }

  /** {@return what the entry leaves of the rights that its tables give} */
  static Permissions permissions(long word0) {
    return Permissions.of(IR.isSet(word0), IW.isSet(word0));
  }

  /** {@return physical address of the guest CR3 table} */
  public static long guestTable(long word0, long word1) {
    return GCR3_14_12.get(word0) << GCR3_FIRST_BIT
        | GCR3_30_15.get(word1) << GCR3_SECOND_BIT
        | GCR3_51_31.get(word1) << GCR3_THIRD_BIT;
  }

  /** {@return true if requests without a PASID go through guest tables} */
  static boolean usesGuestTables(long word0, UnitConfig config) {
    return config.guestTranslationEnabled() && GV.isSet(word0) && GIOV.isSet(word0);
  }

  /**
   * {@return true if there are guest tables that requests without a PASID do not go through} Those
   * with one may, also where Control.GTEn is clear: what a unit makes of such an entry is not said.
   */
  static boolean hasGuestTablesBesides(long word0, UnitConfig config) {
    return GV.isSet(word0) && !usesGuestTables(word0, config);
  }

  /**
   * {@return why a unit blocks all requests of the entry's device, whatever they ask, or nothing}
   */
  static Optional<FaultReason> fault(long word0, UnitConfig config) {
    if (hasReserved(word0, config)) {
      return Optional.of(FaultReason.ENTRY_RESERVED);
    }
    if (!TV.isSet(word0)) {
      return Optional.of(FaultReason.TRANSLATION_INVALID);
    }
    return levels(word0) > config.capabilities().maximumLevels()
        ? Optional.of(FaultReason.ENTRY_MODE)
        : Optional.empty();
  }

  /** {@return true if bits of word 0 are set that must be zero} */
  static boolean hasReserved(long word0, UnitConfig config) {
    return (word0 & reserved(config)) != 0;
  }

  /** {@return the bits of word 0 that must be zero} */
  static long reserved(UnitConfig config) {
    return RSVD_6_2.mask() | RSVD_63.mask() | config.reservedAddressBits();
  }
}
