// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

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

  private static final Layout.Fields WORD_0_FIELDS = Layout.named("device table entry, word 0");

  /** Valid: without it, requests pass untranslated. */
  public static final BitField V = WORD_0_FIELDS.bit("V", 0);

  /** Translation information valid: Mode, root, IR and IW count. */
  public static final BitField TV = WORD_0_FIELDS.bit("TV", 1);

  static final BitField RSVD_6_2 = WORD_0_FIELDS.bits("RSVD_6_2", 6, 2);

  /** Host access and dirty bits are kept. */
  static final BitField HAD = WORD_0_FIELDS.bits("HAD", 8, 7);

  /** Paging mode: how many levels the tables have; 0 for none, 7 is reserved. */
  public static final BitField MODE = WORD_0_FIELDS.bits("Mode", 11, 9);

  /** Host page table root pointer: physical, of 4 KiB pages. */
  public static final BitField ROOT = WORD_0_FIELDS.bits("HostPageTableRootPtr", 51, 12);

  static final BitField PPR = WORD_0_FIELDS.bit("PPR", 52);
  static final BitField GPRP = WORD_0_FIELDS.bit("GPRP", 53);

  /** Requests without a PASID go through the guest tables of PASID 0. */
  public static final BitField GIOV = WORD_0_FIELDS.bit("GIoV", 54);

  /** Guest translation valid. */
  public static final BitField GV = WORD_0_FIELDS.bit("GV", 55);

  /** Levels of the guest CR3 table, less one. */
  public static final BitField GLX = WORD_0_FIELDS.bits("GLX", 57, 56);

  static final BitField GCR3_14_12 = WORD_0_FIELDS.bits("GCR3_14_12", 60, 58);

  /** Reads pass, as far as the tables allow. */
  public static final BitField IR = WORD_0_FIELDS.bit("IR", 61);

  /** Writes pass, as far as the tables allow. */
  public static final BitField IW = WORD_0_FIELDS.bit("IW", 62);

  static final BitField RSVD_63 = WORD_0_FIELDS.bit("RSVD_63", 63);

  private static final Layout.Fields WORD_1_FIELDS = Layout.named("device table entry, word 1");

  /** Domain id: the tag of cached translations. */
  public static final BitField DOMAIN_ID = WORD_1_FIELDS.bits("DomainID", 15, 0);

  static final BitField GCR3_30_15 = WORD_1_FIELDS.bits("GCR3_30_15", 31, 16);

  /** The device may have a TLB of its own. */
  static final BitField I = WORD_1_FIELDS.bit("I", 32);

  /** Suppress page fault events, all but the first. */
  public static final BitField SE = WORD_1_FIELDS.bit("SE", 33);

  /** Suppress all page fault events. */
  public static final BitField SA = WORD_1_FIELDS.bit("SA", 34);

  static final BitField IO_CTL = WORD_1_FIELDS.bits("IoCtl", 36, 35);
  static final BitField CACHE = WORD_1_FIELDS.bit("Cache", 37);
  static final BitField SD = WORD_1_FIELDS.bit("SD", 38);

  /** Allow exclusion: addresses in the exclusion range pass untranslated. */
  public static final BitField EX = WORD_1_FIELDS.bit("EX", 39);

  static final BitField SYS_MGT = WORD_1_FIELDS.bits("SysMgt", 41, 40);
  static final BitField SATS = WORD_1_FIELDS.bit("SATS", 42);
  static final BitField GCR3_51_31 = WORD_1_FIELDS.bits("GCR3_51_31", 63, 43);

  private static final Layout.Fields WORD_3_FIELDS = Layout.named("device table entry, word 3");

  static final BitField RSVD_14_0 = WORD_3_FIELDS.bits("RSVD_14_0", 14, 0);
  static final BitField VIMU_EN = WORD_3_FIELDS.bit("vImuEn", 15);
  static final BitField GDEVICE_ID = WORD_3_FIELDS.bits("GDeviceID", 31, 16);
  static final BitField GUEST_ID = WORD_3_FIELDS.bits("GuestID", 47, 32);
  static final BitField RSVD_53_48 = WORD_3_FIELDS.bits("RSVD_53_48", 53, 48);
  static final BitField ATTR_V = WORD_3_FIELDS.bit("AttrV", 54);
  static final BitField MODE0_FC = WORD_3_FIELDS.bit("Mode0FC", 55);
  static final BitField SNOOP_ATTRIBUTE = WORD_3_FIELDS.bits("SnoopAttribute", 63, 56);

  /** The first word. */
  public static final Layout WORD_0 = WORD_0_FIELDS.layout();

  /** The second word. */
  public static final Layout WORD_1 = WORD_1_FIELDS.layout();

  /** The fourth word. */
  public static final Layout WORD_3 = WORD_3_FIELDS.layout();

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

  /** {@return true if a unit blocks all requests of the entry's device, whatever they ask} */
  static boolean isFaulty(long word0, UnitConfig config) {
    return hasReserved(word0, config)
        || !TV.isSet(word0)
        || levels(word0) > config.capabilities().maximumLevels();
  }

  /** {@return why it does} */
  static FaultReason fault(long word0, UnitConfig config) {
    if (hasReserved(word0, config)) {
      return FaultReason.ENTRY_RESERVED;
    }
    return TV.isSet(word0) ? FaultReason.ENTRY_MODE : FaultReason.TRANSLATION_INVALID;
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
