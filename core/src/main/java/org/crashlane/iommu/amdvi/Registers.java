// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.crashlane.iommu.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.iommu.AccessKind.READ_ONLY;
import static org.crashlane.iommu.AccessKind.READ_WRITE;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterMap;

/**
 * An AMD IOMMU's registers, all of 64 bits, and their fields (AMD 48882, "IOMMU MMIO Registers";
 * Linux 6.0 drivers/iommu/amd/amd_iommu_types.h, VirtualBox iommu-amd.h).
 */
public final class Registers {
  private static final RegisterMap DECLARED = new RegisterMap();

  /** Device table base address. */
  public static final Register DEV_TAB_BASE = DECLARED.add(DevTabBase.FIELDS.at(0x00, Long.BYTES));

  /** Command buffer base address. */
  public static final Register CMD_BUF_BASE =
      DECLARED.add(Ring.FIELDS.at("CmdBufBar", 0x08, Long.BYTES));

  /** Event log base address. */
  public static final Register EVT_LOG_BASE =
      DECLARED.add(Ring.FIELDS.at("EvtLogBar", 0x10, Long.BYTES));

  /** Control. */
  public static final Register CONTROL = DECLARED.add(Control.FIELDS.at(0x18, Long.BYTES));

  /** Exclusion range base; with SNP on, base of the completion store range. */
  public static final Register EXCLUSION_BASE =
      DECLARED.add(ExclusionBase.FIELDS.at(0x20, Long.BYTES));

  /** Exclusion range limit; with SNP on, limit of the completion store range. */
  public static final Register EXCLUSION_LIMIT =
      DECLARED.add(ExclusionLimit.FIELDS.at(0x28, Long.BYTES));

  /** Extended features; reads 0 where there is no such register. */
  public static final Register EXT_FEATURES = DECLARED.add(ExtFeatures.FIELDS.at(0x30, Long.BYTES));

  /** Peripheral page request log base address. */
  public static final Register PPR_LOG_BASE =
      DECLARED.add(Ring.FIELDS.at("PPRLogBar", 0x38, Long.BYTES));

  /** Guest virtual APIC log base address. */
  public static final Register GA_LOG_BASE =
      DECLARED.add(Ring.FIELDS.at("GALogBar", 0xe0, Long.BYTES));

  /** Where the tail of the guest virtual APIC log is stored. */
  public static final Register GA_LOG_TAIL_ADDRESS =
      DECLARED.add(GaLogTail.FIELDS.at(0xe8, Long.BYTES));

  /** Base of the second page request log. */
  public static final Register PPR_LOG_B_BASE =
      DECLARED.add(Ring.FIELDS.at("PPRLogBBar", 0xf0, Long.BYTES));

  /** Base of the second event log. */
  public static final Register EVT_LOG_B_BASE =
      DECLARED.add(Ring.FIELDS.at("EvtLogBBar", 0xf8, Long.BYTES));

  /** Device table segment 1 base address; up to segment 7 follow. */
  public static final Register DEV_TAB_SEG_1 =
      DECLARED.add(DevTabBase.FIELDS.at("DevTabSeg1", 0x100, Long.BYTES));

  /** Extended features, continued. */
  public static final Register EXT_FEATURES_2 =
      DECLARED.add(Register.plain("EFR2", 0x1a0, Long.BYTES));

  /** Command buffer head, in bytes. */
  public static final Register CMD_HEAD =
      DECLARED.add(Pointer.FIELDS.at("CmdHead", 0x2000, Long.BYTES));

  /** Command buffer tail, in bytes. */
  public static final Register CMD_TAIL =
      DECLARED.add(Pointer.FIELDS.at("CmdTail", 0x2008, Long.BYTES));

  /** Event log head, in bytes. */
  public static final Register EVT_HEAD =
      DECLARED.add(Pointer.FIELDS.at("EvtHead", 0x2010, Long.BYTES));

  /** Event log tail, in bytes. */
  public static final Register EVT_TAIL =
      DECLARED.add(Pointer.FIELDS.at("EvtTail", 0x2018, Long.BYTES));

  /** Status. */
  public static final Register STATUS = DECLARED.add(Status.FIELDS.at(0x2020, Long.BYTES));

  /** Peripheral page request log head. */
  public static final Register PPR_HEAD =
      DECLARED.add(Pointer.FIELDS.at("PPRHead", 0x2030, Long.BYTES));

  /** Peripheral page request log tail. */
  public static final Register PPR_TAIL =
      DECLARED.add(Pointer.FIELDS.at("PPRTail", 0x2038, Long.BYTES));

  /** Size of the registers in bytes. */
  public static final int BYTES = 0x4000;

  /** Device table base address register, and those of its segments. */
  public static final class DevTabBase {
    private static final Register.Fields FIELDS = Register.named("DevTabBar", READ_WRITE);

    /** Pages of 4 KiB, less one. */
    public static final BitField SIZE = FIELDS.bits("Size", 8, 0);

    /** Physical address. */
    public static final BitField BASE = FIELDS.bits("DevTabBase", 51, 12);

    private DevTabBase() {}
  }

  /** Base address register of the command buffer or a log. */
  public static final class Ring {
    private static final Register.Fields FIELDS = Register.named("ring base", READ_WRITE);

    /** Physical address. */
    public static final BitField BASE = FIELDS.bits("Base", 51, 12);

    /** It has 2^this entries; below 8 reserved. */
    public static final BitField LENGTH = FIELDS.bits("Len", 59, 56);

    private Ring() {}
  }

  /** Head or tail of a ring: an offset from its base in bytes. */
  public static final class Pointer {
    private static final Register.Fields FIELDS = Register.named("ring pointer", READ_WRITE);

    /** In entries of 16 bytes. */
    public static final BitField OFFSET = FIELDS.bits("Ptr", 18, 4);

    private Pointer() {}
  }

  /** Where the unit stores the tail of the guest APIC log. */
  public static final class GaLogTail {
    private static final Register.Fields FIELDS = Register.named("GALogTailAddr", READ_WRITE);

    public static final BitField ADDRESS = FIELDS.bits("GATLogTailPtrAddr", 51, 3);

    private GaLogTail() {}
  }

  /** Control register. */
  public static final class Control {
    private static final Register.Fields FIELDS = Register.named("Control", READ_WRITE);

    public static final BitField IOMMU_EN = FIELDS.bit("IommuEn", 0);
    public static final BitField HT_TUN_EN = FIELDS.bit("HtTunEn", 1);
    public static final BitField EVENT_LOG_EN = FIELDS.bit("EventLogEn", 2);
    public static final BitField EVENT_INT_EN = FIELDS.bit("EventIntEn", 3);
    public static final BitField COM_WAIT_INT_EN = FIELDS.bit("ComWaitIntEn", 4);
    public static final BitField INV_TIME_OUT = FIELDS.bits("InvTimeOut", 7, 5);
    public static final BitField PASS_PW = FIELDS.bit("PassPW", 8);
    public static final BitField RES_PASS_PW = FIELDS.bit("ResPassPW", 9);
    public static final BitField COHERENT = FIELDS.bit("Coherent", 10);
    public static final BitField ISOC = FIELDS.bit("Isoc", 11);
    public static final BitField CMD_BUF_EN = FIELDS.bit("CmdBufEn", 12);
    public static final BitField PPR_LOG_EN = FIELDS.bit("PPRLogEn", 13);
    public static final BitField PPR_INT_EN = FIELDS.bit("PPRIntEn", 14);
    public static final BitField PPR_EN = FIELDS.bit("PPREn", 15);
    public static final BitField GT_EN = FIELDS.bit("GTEn", 16);
    public static final BitField GA_EN = FIELDS.bit("GAEn", 17);
    public static final BitField SMIF_EN = FIELDS.bit("SmiFEn", 22);
    public static final BitField SLF_WB_DIS = FIELDS.bit("SlfWBdis", 23);
    public static final BitField SMIF_LOG_EN = FIELDS.bit("SmiFLogEn", 24);
    public static final BitField GAM_EN = FIELDS.bits("GAMEn", 27, 25);
    public static final BitField GA_LOG_EN = FIELDS.bit("GALogEn", 28);
    public static final BitField GA_INT_EN = FIELDS.bit("GAIntEn", 29);
    public static final BitField DUAL_PPR_LOG_EN = FIELDS.bits("DualPPRLogEn", 31, 30);
    public static final BitField DUAL_EVENT_LOG_EN = FIELDS.bits("DualEventLogEn", 33, 32);

    /** The device table has 2^this segments, 0 to 3. */
    public static final BitField DEV_TBL_SEG_EN = FIELDS.bits("DevTblSegEn", 36, 34);

    public static final BitField PRIV_ABRT_EN = FIELDS.bits("PrivAbrtEn", 38, 37);
    public static final BitField PPR_AUTO_RSP_EN = FIELDS.bit("PPRAutoRspEn", 39);
    public static final BitField MARC_EN = FIELDS.bit("MarcEn", 40);
    public static final BitField BLK_STOP_MRK_EN = FIELDS.bit("BlkStopMrkEn", 41);
    public static final BitField PPR_AUTO_RSP_AON = FIELDS.bit("PPRAutoRspAon", 42);
    public static final BitField EPH_EN = FIELDS.bit("EPHEn", 45);
    public static final BitField HAD_UPDATE = FIELDS.bits("HADUpdate", 47, 46);
    public static final BitField GD_UPDATE_DIS = FIELDS.bit("GDUpdateDis", 48);

    /** Remapped interrupts have destinations of 32 bits. */
    public static final BitField XT_EN = FIELDS.bit("XTEn", 50);

    public static final BitField INT_CAP_XT_EN = FIELDS.bit("IntCapXTEn", 51);
    public static final BitField GA_UPDATE_DIS = FIELDS.bit("GAUpdateDis", 54);
    public static final BitField SNP_AVIC_EN = FIELDS.bits("SNPAVICEn", 63, 61);

    private Control() {}
  }

  /** Exclusion range base register. */
  public static final class ExclusionBase {
    private static final Register.Fields FIELDS = Register.named("ExclusionBase", READ_WRITE);

    /** The range is in force. */
    public static final BitField EX_EN = FIELDS.bit("ExEn", 0);

    /** It is for all devices, whatever their entries say. */
    public static final BitField ALLOW = FIELDS.bit("Allow", 1);

    /** Physical address. */
    public static final BitField BASE = FIELDS.bits("ExclusionBase", 51, 12);

    private ExclusionBase() {}
  }

  /** Exclusion range limit register. */
  public static final class ExclusionLimit {
    private static final Register.Fields FIELDS = Register.named("ExclusionLimit", READ_WRITE);

    /** The last page of the range. */
    public static final BitField LIMIT = FIELDS.bits("ExclusionLimit", 51, 12);

    private ExclusionLimit() {}
  }

  /** Extended feature register, the first of two. */
  public static final class ExtFeatures {
    private static final Register.Fields FIELDS = Register.named("EFR", READ_ONLY);

    public static final BitField PREF_SUP = FIELDS.bit("PreFSup", 0);
    public static final BitField PPR_SUP = FIELDS.bit("PPRSup", 1);
    public static final BitField XT_SUP = FIELDS.bit("XTSup", 2);
    public static final BitField NX_SUP = FIELDS.bit("NXSup", 3);
    public static final BitField GT_SUP = FIELDS.bit("GTSup", 4);
    public static final BitField IA_SUP = FIELDS.bit("IASup", 6);
    public static final BitField GA_SUP = FIELDS.bit("GASup", 7);
    public static final BitField HE_SUP = FIELDS.bit("HESup", 8);
    public static final BitField PC_SUP = FIELDS.bit("PCSup", 9);

    /** Host tables have up to 4 levels more than this says. */
    public static final BitField HATS = FIELDS.bits("HATS", 11, 10);

    public static final BitField GATS = FIELDS.bits("GATS", 13, 12);
    public static final BitField GLX_SUP = FIELDS.bits("GLXSup", 15, 14);
    public static final BitField SMIF_SUP = FIELDS.bits("SmiFSup", 17, 16);
    public static final BitField SMIF_RC = FIELDS.bits("SmiFRC", 20, 18);
    public static final BitField GAM_SUP = FIELDS.bits("GAMSup", 23, 21);
    public static final BitField DUAL_PPR_LOG_SUP = FIELDS.bits("DualPPRLogSup", 25, 24);
    public static final BitField DUAL_EVENT_LOG_SUP = FIELDS.bits("DualEventLogSup", 29, 28);
    public static final BitField PAS_MAX = FIELDS.bits("PASmax", 36, 32);
    public static final BitField US_SUP = FIELDS.bit("USSup", 37);
    public static final BitField DEV_TBL_SEG_SUP = FIELDS.bits("DevTblSegSup", 39, 38);
    public static final BitField PPR_OVRFLW_EARLY_SUP = FIELDS.bit("PPROvrflwEarlySup", 40);
    public static final BitField PPR_AUTO_RSP_SUP = FIELDS.bit("PPRAutoRspSup", 41);
    public static final BitField MARC_SUP = FIELDS.bits("MarcSup", 43, 42);
    public static final BitField BLK_STOP_MRK_SUP = FIELDS.bit("BlkStopMrkSup", 44);
    public static final BitField PERF_OPT_SUP = FIELDS.bit("PerfOptSup", 45);
    public static final BitField MSI_CAP_MMIO_SUP = FIELDS.bit("MsiCapMmioSup", 46);
    public static final BitField GIO_SUP = FIELDS.bit("GIoSup", 48);
    public static final BitField HA_SUP = FIELDS.bit("HASup", 49);
    public static final BitField EPH_SUP = FIELDS.bit("EPHSup", 50);
    public static final BitField ATTR_FW_SUP = FIELDS.bit("AttrFWSup", 51);
    public static final BitField HD_SUP = FIELDS.bit("HDSup", 52);
    public static final BitField INV_IOTLB_TYPE_SUP = FIELDS.bit("InvIotlbTypeSup", 54);
    public static final BitField GA_UPDATE_DIS_SUP = FIELDS.bit("GAUpdateDisSup", 61);
    public static final BitField FORCE_PHY_DEST_SUP = FIELDS.bit("ForcePhyDestSup", 62);
    public static final BitField SNP_SUP = FIELDS.bit("SNPSup", 63);

    private ExtFeatures() {}
  }

  /** Status register. */
  public static final class Status {
    private static final Register.Fields FIELDS = Register.named("Status", ONE_TO_CLEAR);

    public static final BitField EVENT_OVERFLOW = FIELDS.bit("EventOverflow", 0);
    public static final BitField EVENT_LOG_INT = FIELDS.bit("EventLogInt", 1);
    public static final BitField COM_WAIT_INT = FIELDS.bit("ComWaitInt", 2);
    public static final BitField EVENT_LOG_RUN = FIELDS.bit("EventLogRun", 3, READ_ONLY);
    public static final BitField CMD_BUF_RUN = FIELDS.bit("CmdBufRun", 4, READ_ONLY);
    public static final BitField PPR_OVERFLOW = FIELDS.bit("PPROverflow", 5);
    public static final BitField PPR_INT = FIELDS.bit("PPRInt", 6);
    public static final BitField PPR_LOG_RUN = FIELDS.bit("PPRLogRun", 7, READ_ONLY);
    public static final BitField GA_LOG_RUN = FIELDS.bit("GALogRun", 8, READ_ONLY);
    public static final BitField GA_LOG_OVERFLOW = FIELDS.bit("GALOverflow", 9);
    public static final BitField GA_INT = FIELDS.bit("GAInt", 10);

    private Status() {}
  }

  /** Capability header in the unit's PCI configuration space, 32 bits. */
  public static final class CapabilityHeader {
    private static final Layout.Fields FIELDS = Layout.named("capability header");

    public static final BitField ID = FIELDS.bits("CapId", 7, 0);

    /** The capability of an IOMMU: of {@link #ID}. */
    public static final int ID_IOMMU = 0xf;

    public static final BitField NEXT = FIELDS.bits("CapPtr", 15, 8);
    public static final BitField TYPE = FIELDS.bits("CapType", 18, 16);
    public static final BitField REVISION = FIELDS.bits("CapRev", 23, 19);
    public static final BitField IOTLB_SUP = FIELDS.bit("IotlbSup", 24);
    public static final BitField HT_TUNNEL = FIELDS.bit("HtTunnel", 25);

    /** Entries that are not present may be cached. */
    public static final BitField NP_CACHE = FIELDS.bit("NpCache", 26);

    public static final BitField EFR_SUP = FIELDS.bit("EFRSup", 27);
    public static final BitField CAP_EXT = FIELDS.bit("CapExt", 28);

    /** The register. */
    public static final Layout LAYOUT = FIELDS.layout();

    private CapabilityHeader() {}
  }

  private Registers() {}

  /** {@return the register that the byte at {@code offset} is in, if one is known} */
  public static Optional<Register> at(long offset) {
    return DECLARED.at(offset);
  }
}
