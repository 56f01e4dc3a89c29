// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Offsets and fields of an AMD IOMMU's registers, all of 64 bits (AMD 48882, "IOMMU MMIO
 * Registers"; Linux 6.0 drivers/iommu/amd/amd_iommu_types.h, VirtualBox iommu-amd.h).
 */
public final class Registers {
  /** Device table base address. */
  public static final int DEV_TAB_BASE = 0x00;

  /** Command buffer base address. */
  public static final int CMD_BUF_BASE = 0x08;

  /** Event log base address. */
  public static final int EVT_LOG_BASE = 0x10;

  /** Control. */
  public static final int CONTROL = 0x18;

  /** Exclusion range base; with SNP on, base of the completion store range. */
  public static final int EXCLUSION_BASE = 0x20;

  /** Exclusion range limit; with SNP on, limit of the completion store range. */
  public static final int EXCLUSION_LIMIT = 0x28;

  /** Extended features; reads 0 where there is no such register. */
  public static final int EXT_FEATURES = 0x30;

  /** Peripheral page request log base address. */
  public static final int PPR_LOG_BASE = 0x38;

  /** Guest virtual APIC log base address. */
  public static final int GA_LOG_BASE = 0xe0;

  /** Where the tail of the guest virtual APIC log is stored. */
  public static final int GA_LOG_TAIL_ADDRESS = 0xe8;

  /** Base of the second page request log. */
  public static final int PPR_LOG_B_BASE = 0xf0;

  /** Base of the second event log. */
  public static final int EVT_LOG_B_BASE = 0xf8;

  /** Device table segment 1 base address; up to segment 7 follow. */
  public static final int DEV_TAB_SEG_1 = 0x100;

  /** Extended features, continued. */
  public static final int EXT_FEATURES_2 = 0x1a0;

  /** Command buffer head, in bytes. */
  public static final int CMD_HEAD = 0x2000;

  /** Command buffer tail, in bytes. */
  public static final int CMD_TAIL = 0x2008;

  /** Event log head, in bytes. */
  public static final int EVT_HEAD = 0x2010;

  /** Event log tail, in bytes. */
  public static final int EVT_TAIL = 0x2018;

  /** Status. */
  public static final int STATUS = 0x2020;

  /** Peripheral page request log head. */
  public static final int PPR_HEAD = 0x2030;

  /** Peripheral page request log tail. */
  public static final int PPR_TAIL = 0x2038;

  /** Size of the registers in bytes. */
  public static final int BYTES = 0x4000;

  /** Device table base address register, and those of its segments. */
  public static final class DevTabBase {
    /** Pages of 4 KiB, less one. */
    public static final BitField SIZE = BitField.bits("Size", 8, 0);

    /** Physical address. */
    public static final BitField BASE = BitField.bits("DevTabBase", 51, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("DevTabBar", SIZE, BASE);

    private DevTabBase() {}
  }

  /** Base address register of the command buffer or a log. */
  public static final class Ring {
    /** Physical address. */
    public static final BitField BASE = BitField.bits("Base", 51, 12);

    /** It has 2^this entries; below 8 reserved. */
    public static final BitField LENGTH = BitField.bits("Len", 59, 56);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("ring base", BASE, LENGTH);

    private Ring() {}
  }

  /** Head or tail of a ring: an offset from its base in bytes. */
  public static final class Pointer {
    /** In entries of 16 bytes. */
    public static final BitField OFFSET = BitField.bits("Ptr", 18, 4);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("ring pointer", OFFSET);

    private Pointer() {}
  }

  /** Where the unit stores the tail of the guest APIC log. */
  public static final class GaLogTail {
    public static final BitField ADDRESS = BitField.bits("GATLogTailPtrAddr", 51, 3);

    private GaLogTail() {}
  }

  /** Control register. */
  public static final class Control {
    public static final BitField IOMMU_EN = BitField.bit("IommuEn", 0);
    public static final BitField HT_TUN_EN = BitField.bit("HtTunEn", 1);
    public static final BitField EVENT_LOG_EN = BitField.bit("EventLogEn", 2);
    public static final BitField EVENT_INT_EN = BitField.bit("EventIntEn", 3);
    public static final BitField COM_WAIT_INT_EN = BitField.bit("ComWaitIntEn", 4);
    public static final BitField INV_TIME_OUT = BitField.bits("InvTimeOut", 7, 5);
    public static final BitField PASS_PW = BitField.bit("PassPW", 8);
    public static final BitField RES_PASS_PW = BitField.bit("ResPassPW", 9);
    public static final BitField COHERENT = BitField.bit("Coherent", 10);
    public static final BitField ISOC = BitField.bit("Isoc", 11);
    public static final BitField CMD_BUF_EN = BitField.bit("CmdBufEn", 12);
    public static final BitField PPR_LOG_EN = BitField.bit("PPRLogEn", 13);
    public static final BitField PPR_INT_EN = BitField.bit("PPRIntEn", 14);
    public static final BitField PPR_EN = BitField.bit("PPREn", 15);
    public static final BitField GT_EN = BitField.bit("GTEn", 16);
    public static final BitField GA_EN = BitField.bit("GAEn", 17);
    public static final BitField SMIF_EN = BitField.bit("SmiFEn", 22);
    public static final BitField SLF_WB_DIS = BitField.bit("SlfWBdis", 23);
    public static final BitField SMIF_LOG_EN = BitField.bit("SmiFLogEn", 24);
    public static final BitField GAM_EN = BitField.bits("GAMEn", 27, 25);
    public static final BitField GA_LOG_EN = BitField.bit("GALogEn", 28);
    public static final BitField GA_INT_EN = BitField.bit("GAIntEn", 29);
    public static final BitField DUAL_PPR_LOG_EN = BitField.bits("DualPPRLogEn", 31, 30);
    public static final BitField DUAL_EVENT_LOG_EN = BitField.bits("DualEventLogEn", 33, 32);

    /** The device table has 2^this segments, 0 to 3. */
    public static final BitField DEV_TBL_SEG_EN = BitField.bits("DevTblSegEn", 36, 34);

    public static final BitField PRIV_ABRT_EN = BitField.bits("PrivAbrtEn", 38, 37);
    public static final BitField PPR_AUTO_RSP_EN = BitField.bit("PPRAutoRspEn", 39);
    public static final BitField MARC_EN = BitField.bit("MarcEn", 40);
    public static final BitField BLK_STOP_MRK_EN = BitField.bit("BlkStopMrkEn", 41);
    public static final BitField PPR_AUTO_RSP_AON = BitField.bit("PPRAutoRspAon", 42);
    public static final BitField EPH_EN = BitField.bit("EPHEn", 45);
    public static final BitField HAD_UPDATE = BitField.bits("HADUpdate", 47, 46);
    public static final BitField GD_UPDATE_DIS = BitField.bit("GDUpdateDis", 48);

    /** Remapped interrupts have destinations of 32 bits. */
    public static final BitField XT_EN = BitField.bit("XTEn", 50);

    public static final BitField INT_CAP_XT_EN = BitField.bit("IntCapXTEn", 51);
    public static final BitField GA_UPDATE_DIS = BitField.bit("GAUpdateDis", 54);
    public static final BitField SNP_AVIC_EN = BitField.bits("SNPAVICEn", 63, 61);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "Control",
            IOMMU_EN,
            HT_TUN_EN,
            EVENT_LOG_EN,
            EVENT_INT_EN,
            COM_WAIT_INT_EN,
            INV_TIME_OUT,
            PASS_PW,
            RES_PASS_PW,
            COHERENT,
            ISOC,
            CMD_BUF_EN,
            PPR_LOG_EN,
            PPR_INT_EN,
            PPR_EN,
            GT_EN,
            GA_EN,
            SMIF_EN,
            SLF_WB_DIS,
            SMIF_LOG_EN,
            GAM_EN,
            GA_LOG_EN,
            GA_INT_EN,
            DUAL_PPR_LOG_EN,
            DUAL_EVENT_LOG_EN,
            DEV_TBL_SEG_EN,
            PRIV_ABRT_EN,
            PPR_AUTO_RSP_EN,
            MARC_EN,
            BLK_STOP_MRK_EN,
            PPR_AUTO_RSP_AON,
            EPH_EN,
            HAD_UPDATE,
            GD_UPDATE_DIS,
            XT_EN,
            INT_CAP_XT_EN,
            GA_UPDATE_DIS,
            SNP_AVIC_EN);

    private Control() {}
  }

  /** Exclusion range base register. */
  public static final class ExclusionBase {
    /** The range is in force. */
    public static final BitField EX_EN = BitField.bit("ExEn", 0);

    /** It is for all devices, whatever their entries say. */
    public static final BitField ALLOW = BitField.bit("Allow", 1);

    /** Physical address. */
    public static final BitField BASE = BitField.bits("ExclusionBase", 51, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("ExclusionBase", EX_EN, ALLOW, BASE);

    private ExclusionBase() {}
  }

  /** Exclusion range limit register. */
  public static final class ExclusionLimit {
    /** The last page of the range. */
    public static final BitField LIMIT = BitField.bits("ExclusionLimit", 51, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("ExclusionLimit", LIMIT);

    private ExclusionLimit() {}
  }

  /** Extended feature register, the first of two. */
  public static final class ExtFeatures {
    public static final BitField PREF_SUP = BitField.bit("PreFSup", 0);
    public static final BitField PPR_SUP = BitField.bit("PPRSup", 1);
    public static final BitField XT_SUP = BitField.bit("XTSup", 2);
    public static final BitField NX_SUP = BitField.bit("NXSup", 3);
    public static final BitField GT_SUP = BitField.bit("GTSup", 4);
    public static final BitField IA_SUP = BitField.bit("IASup", 6);
    public static final BitField GA_SUP = BitField.bit("GASup", 7);
    public static final BitField HE_SUP = BitField.bit("HESup", 8);
    public static final BitField PC_SUP = BitField.bit("PCSup", 9);

    /** Host tables have up to 4 levels more than this says. */
    public static final BitField HATS = BitField.bits("HATS", 11, 10);

    public static final BitField GATS = BitField.bits("GATS", 13, 12);
    public static final BitField GLX_SUP = BitField.bits("GLXSup", 15, 14);
    public static final BitField SMIF_SUP = BitField.bits("SmiFSup", 17, 16);
    public static final BitField SMIF_RC = BitField.bits("SmiFRC", 20, 18);
    public static final BitField GAM_SUP = BitField.bits("GAMSup", 23, 21);
    public static final BitField DUAL_PPR_LOG_SUP = BitField.bits("DualPPRLogSup", 25, 24);
    public static final BitField DUAL_EVENT_LOG_SUP = BitField.bits("DualEventLogSup", 29, 28);
    public static final BitField PAS_MAX = BitField.bits("PASmax", 36, 32);
    public static final BitField US_SUP = BitField.bit("USSup", 37);
    public static final BitField DEV_TBL_SEG_SUP = BitField.bits("DevTblSegSup", 39, 38);
    public static final BitField PPR_OVRFLW_EARLY_SUP = BitField.bit("PPROvrflwEarlySup", 40);
    public static final BitField PPR_AUTO_RSP_SUP = BitField.bit("PPRAutoRspSup", 41);
    public static final BitField MARC_SUP = BitField.bits("MarcSup", 43, 42);
    public static final BitField BLK_STOP_MRK_SUP = BitField.bit("BlkStopMrkSup", 44);
    public static final BitField PERF_OPT_SUP = BitField.bit("PerfOptSup", 45);
    public static final BitField MSI_CAP_MMIO_SUP = BitField.bit("MsiCapMmioSup", 46);
    public static final BitField GIO_SUP = BitField.bit("GIoSup", 48);
    public static final BitField HA_SUP = BitField.bit("HASup", 49);
    public static final BitField EPH_SUP = BitField.bit("EPHSup", 50);
    public static final BitField ATTR_FW_SUP = BitField.bit("AttrFWSup", 51);
    public static final BitField HD_SUP = BitField.bit("HDSup", 52);
    public static final BitField INV_IOTLB_TYPE_SUP = BitField.bit("InvIotlbTypeSup", 54);
    public static final BitField GA_UPDATE_DIS_SUP = BitField.bit("GAUpdateDisSup", 61);
    public static final BitField FORCE_PHY_DEST_SUP = BitField.bit("ForcePhyDestSup", 62);
    public static final BitField SNP_SUP = BitField.bit("SNPSup", 63);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "EFR",
            PREF_SUP,
            PPR_SUP,
            XT_SUP,
            NX_SUP,
            GT_SUP,
            IA_SUP,
            GA_SUP,
            HE_SUP,
            PC_SUP,
            HATS,
            GATS,
            GLX_SUP,
            SMIF_SUP,
            SMIF_RC,
            GAM_SUP,
            DUAL_PPR_LOG_SUP,
            DUAL_EVENT_LOG_SUP,
            PAS_MAX,
            US_SUP,
            DEV_TBL_SEG_SUP,
            PPR_OVRFLW_EARLY_SUP,
            PPR_AUTO_RSP_SUP,
            MARC_SUP,
            BLK_STOP_MRK_SUP,
            PERF_OPT_SUP,
            MSI_CAP_MMIO_SUP,
            GIO_SUP,
            HA_SUP,
            EPH_SUP,
            ATTR_FW_SUP,
            HD_SUP,
            INV_IOTLB_TYPE_SUP,
            GA_UPDATE_DIS_SUP,
            FORCE_PHY_DEST_SUP,
            SNP_SUP);

    private ExtFeatures() {}
  }

  /** Status register. */
  public static final class Status {
    public static final BitField EVENT_OVERFLOW = BitField.bit("EventOverflow", 0);
    public static final BitField EVENT_LOG_INT = BitField.bit("EventLogInt", 1);
    public static final BitField COM_WAIT_INT = BitField.bit("ComWaitInt", 2);
    public static final BitField EVENT_LOG_RUN = BitField.bit("EventLogRun", 3);
    public static final BitField CMD_BUF_RUN = BitField.bit("CmdBufRun", 4);
    public static final BitField PPR_OVERFLOW = BitField.bit("PPROverflow", 5);
    public static final BitField PPR_INT = BitField.bit("PPRInt", 6);
    public static final BitField PPR_LOG_RUN = BitField.bit("PPRLogRun", 7);
    public static final BitField GA_LOG_RUN = BitField.bit("GALogRun", 8);
    public static final BitField GA_LOG_OVERFLOW = BitField.bit("GALOverflow", 9);
    public static final BitField GA_INT = BitField.bit("GAInt", 10);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "Status",
            EVENT_OVERFLOW,
            EVENT_LOG_INT,
            COM_WAIT_INT,
            EVENT_LOG_RUN,
            CMD_BUF_RUN,
            PPR_OVERFLOW,
            PPR_INT,
            PPR_LOG_RUN,
            GA_LOG_RUN,
            GA_LOG_OVERFLOW,
            GA_INT);

    private Status() {}
  }

  /** Capability header in the unit's PCI configuration space, 32 bits. */
  public static final class CapabilityHeader {
    public static final BitField ID = BitField.bits("CapId", 7, 0);

    /** The capability of an IOMMU: of {@link #ID}. */
    public static final int ID_IOMMU = 0xf;

    public static final BitField NEXT = BitField.bits("CapPtr", 15, 8);
    public static final BitField TYPE = BitField.bits("CapType", 18, 16);
    public static final BitField REVISION = BitField.bits("CapRev", 23, 19);
    public static final BitField IOTLB_SUP = BitField.bit("IotlbSup", 24);
    public static final BitField HT_TUNNEL = BitField.bit("HtTunnel", 25);

    /** Entries that are not present may be cached. */
    public static final BitField NP_CACHE = BitField.bit("NpCache", 26);

    public static final BitField EFR_SUP = BitField.bit("EFRSup", 27);
    public static final BitField CAP_EXT = BitField.bit("CapExt", 28);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "capability header",
            ID,
            NEXT,
            TYPE,
            REVISION,
            IOTLB_SUP,
            HT_TUNNEL,
            NP_CACHE,
            EFR_SUP,
            CAP_EXT);

    private CapabilityHeader() {}
  }

  private Registers() {}
}
