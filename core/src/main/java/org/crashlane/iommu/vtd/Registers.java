// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * Offsets and fields of a VT-d unit's registers (VT-d specification, "Register Descriptions"; Linux
 * 6.0 drivers/iommu/intel/iommu.h).
 */
public final class Registers {
  /** Version, 32 bits. */
  public static final int VER = 0x00;

  /** Capabilities, 64 bits. */
  public static final int CAP = 0x08;

  /** Extended capabilities, 64 bits. */
  public static final int ECAP = 0x10;

  /** Global command, 32 bits, written only. */
  public static final int GCMD = 0x18;

  /** Global status, 32 bits. */
  public static final int GSTS = 0x1c;

  /** Root table address, 64 bits. */
  public static final int RTADDR = 0x20;

  /** Context command, 64 bits. */
  public static final int CCMD = 0x28;

  /** Fault status, 32 bits. */
  public static final int FSTS = 0x34;

  /** Fault event control, 32 bits. */
  public static final int FECTL = 0x38;

  /** Fault event message address, low and high half, 32 bits each. */
  public static final int FEADDR = 0x40;

  /** Advanced fault log address, 64 bits. */
  public static final int AFLOG = 0x58;

  /** Protected memory enable, 32 bits. */
  public static final int PMEN = 0x64;

  /** Protected low memory, base, 32 bits. */
  public static final int PLMBASE = 0x68;

  /** Protected low memory, limit, 32 bits. */
  public static final int PLMLIMIT = 0x6c;

  /** Protected high memory, base, 64 bits. */
  public static final int PHMBASE = 0x70;

  /** Protected high memory, limit, 64 bits. */
  public static final int PHMLIMIT = 0x78;

  /** Invalidation queue head, tail and address, 64 bits each. */
  public static final int IQH = 0x80;

  /** See {@link #IQH}. */
  public static final int IQT = 0x88;

  /** See {@link #IQH}. */
  public static final int IQA = 0x90;

  /** Invalidation event message address, low and high half, 32 bits each. */
  public static final int IEADDR = 0xa8;

  /** Interrupt remapping table address, 64 bits. */
  public static final int IRTA = 0xb8;

  /** Page request queue address, 64 bits. */
  public static final int PQA = 0xd0;

  /** Page request event message address, low and high half, 32 bits each. */
  public static final int PEADDR = 0xe8;

  /** Unit of the register offsets that CAP.FRO and ECAP.IRO hold, in bytes. */
  static final int OFFSET_UNIT_BYTES = 16;

  /** Capability register. */
  public static final class Cap {
    public static final BitField ND = BitField.bits("ND", 2, 0);
    public static final BitField AFL = BitField.bit("AFL", 3);
    public static final BitField RWBF = BitField.bit("RWBF", 4);
    public static final BitField PLMR = BitField.bit("PLMR", 5);
    public static final BitField PHMR = BitField.bit("PHMR", 6);
    public static final BitField CM = BitField.bit("CM", 7);
    public static final BitField SAGAW = BitField.bits("SAGAW", 12, 8);
    public static final BitField MGAW = BitField.bits("MGAW", 21, 16);
    public static final BitField ZLR = BitField.bit("ZLR", 22);
    public static final BitField FRO = BitField.bits("FRO", 33, 24);
    public static final BitField SLLPS = BitField.bits("SLLPS", 37, 34);
    public static final BitField PSI = BitField.bit("PSI", 39);
    public static final BitField NFR = BitField.bits("NFR", 47, 40);
    public static final BitField MAMV = BitField.bits("MAMV", 53, 48);
    public static final BitField DWD = BitField.bit("DWD", 54);
    public static final BitField DRD = BitField.bit("DRD", 55);
    public static final BitField FL1GP = BitField.bit("FL1GP", 56);
    public static final BitField PI = BitField.bit("PI", 59);
    public static final BitField FL5LP = BitField.bit("FL5LP", 60);
    public static final BitField ECMDS = BitField.bit("ECMDS", 61);
    public static final BitField ESIRTPS = BitField.bit("ESIRTPS", 62);
    public static final BitField ESRTPS = BitField.bit("ESRTPS", 63);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "CAP", ND, AFL, RWBF, PLMR, PHMR, CM, SAGAW, MGAW, ZLR, FRO, SLLPS, PSI, NFR, MAMV, DWD,
            DRD, FL1GP, PI, FL5LP, ECMDS, ESIRTPS, ESRTPS);

    private Cap() {}
  }

  /** Extended capability register. */
  public static final class Ecap {
    public static final BitField C = BitField.bit("C", 0);
    public static final BitField QI = BitField.bit("QI", 1);
    public static final BitField DT = BitField.bit("DT", 2);
    public static final BitField IR = BitField.bit("IR", 3);
    public static final BitField EIM = BitField.bit("EIM", 4);
    public static final BitField PT = BitField.bit("PT", 6);
    public static final BitField SC = BitField.bit("SC", 7);
    public static final BitField IRO = BitField.bits("IRO", 17, 8);
    public static final BitField MHMV = BitField.bits("MHMV", 23, 20);
    public static final BitField MTS = BitField.bit("MTS", 25);
    public static final BitField NEST = BitField.bit("NEST", 26);
    public static final BitField PRS = BitField.bit("PRS", 29);
    public static final BitField ERS = BitField.bit("ERS", 30);
    public static final BitField SRS = BitField.bit("SRS", 31);
    public static final BitField NWFS = BitField.bit("NWFS", 33);
    public static final BitField EAFS = BitField.bit("EAFS", 34);
    public static final BitField PSS = BitField.bits("PSS", 39, 35);
    public static final BitField PASID = BitField.bit("PASID", 40);
    public static final BitField DIT = BitField.bit("DIT", 41);
    public static final BitField PDS = BitField.bit("PDS", 42);
    public static final BitField SMTS = BitField.bit("SMTS", 43);
    public static final BitField VCS = BitField.bit("VCS", 44);
    public static final BitField SLADS = BitField.bit("SLADS", 45);
    public static final BitField SLTS = BitField.bit("SLTS", 46);
    public static final BitField FLTS = BitField.bit("FLTS", 47);
    public static final BitField SMPWC = BitField.bit("SMPWC", 48);
    public static final BitField RPS = BitField.bit("RPS", 49);
    public static final BitField PMS = BitField.bit("PMS", 51);
    public static final BitField ADMS = BitField.bit("ADMS", 52);
    public static final BitField RPRIVS = BitField.bit("RPRIVS", 53);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of(
            "ECAP", C, QI, DT, IR, EIM, PT, SC, IRO, MHMV, MTS, NEST, PRS, ERS, SRS, NWFS, EAFS,
            PSS, PASID, DIT, PDS, SMTS, VCS, SLADS, SLTS, FLTS, SMPWC, RPS, PMS, ADMS, RPRIVS);

    private Ecap() {}
  }

  /** Global command and status registers; the status bits have an S behind the command's name. */
  public static final class Gsts {
    public static final BitField CFIS = BitField.bit("CFIS", 23);
    public static final BitField IRTPS = BitField.bit("IRTPS", 24);
    public static final BitField IRES = BitField.bit("IRES", 25);
    public static final BitField QIES = BitField.bit("QIES", 26);
    public static final BitField WBFS = BitField.bit("WBFS", 27);
    public static final BitField AFLS = BitField.bit("AFLS", 28);
    public static final BitField FLS = BitField.bit("FLS", 29);
    public static final BitField RTPS = BitField.bit("RTPS", 30);
    public static final BitField TES = BitField.bit("TES", 31);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of("GSTS", CFIS, IRTPS, IRES, QIES, WBFS, AFLS, FLS, RTPS, TES);

    private Gsts() {}
  }

  /** Root table address register. */
  public static final class Rtaddr {
    /** Translation table mode, one of the {@code TTM_} values. */
    public static final BitField TTM = BitField.bits("TTM", 11, 10);

    public static final BitField RTA = BitField.bits("RTA", 63, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("RTADDR", TTM, RTA);

    public static final int TTM_LEGACY = 0;
    public static final int TTM_SCALABLE = 1;
    public static final int TTM_RESERVED = 2;
    public static final int TTM_ABORT_DMA = 3;

    private Rtaddr() {}
  }

  /** Interrupt remapping table address register. */
  public static final class Irta {
    /** Size: the table has 2^(S+1) entries. */
    public static final BitField S = BitField.bits("S", 3, 0);

    /** Extended interrupt mode enable: destinations are x2APIC ids. */
    public static final BitField EIME = BitField.bit("EIME", 11);

    public static final BitField IRTA = BitField.bits("IRTA", 63, 12);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("IRTA", S, EIME, IRTA);

    private Irta() {}
  }

  /** Protected memory enable register. */
  public static final class Pmen {
    /** Protected region status: protection is in force. */
    public static final BitField PRS = BitField.bit("PRS", 0);

    /** Enable protected memory. */
    public static final BitField EPM = BitField.bit("EPM", 31);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("PMEN", PRS, EPM);

    private Pmen() {}
  }

  /** Protected memory base and limit registers, low and high: 1 MiB is the finest grain. */
  public static final class ProtectedBound {
    /** Bits of the address that count; a limit's others are taken for ones. */
    public static final BitField ADDRESS = BitField.bits("address", 63, 20);

    private ProtectedBound() {}
  }

  /** Address registers of the invalidation and the page request queue. */
  public static final class Queue {
    /** Size: 2^QS pages of 4 KiB. */
    public static final BitField QS = BitField.bits("QS", 2, 0);

    /** Descriptors have 256 bits, not 128 (invalidation queue). */
    public static final BitField DW = BitField.bit("DW", 11);

    public static final BitField QA = BitField.bits("QA", 63, 12);

    private Queue() {}
  }

  /** Head and tail of the invalidation queue: an offset in bytes. */
  public static final class QueuePointer {
    public static final BitField OFFSET = BitField.bits("offset", 18, 4);

    private QueuePointer() {}
  }

  /** Advanced fault log register. */
  public static final class Aflog {
    /** Size: 2^FLS pages of 4 KiB. */
    public static final BitField FLS = BitField.bits("FLS", 11, 9);

    public static final BitField FLA = BitField.bits("FLA", 63, 12);

    private Aflog() {}
  }

  /** Fault status register. */
  public static final class Fsts {
    public static final BitField PFO = BitField.bit("PFO", 0);
    public static final BitField PPF = BitField.bit("PPF", 1);
    public static final BitField AFO = BitField.bit("AFO", 2);
    public static final BitField APF = BitField.bit("APF", 3);
    public static final BitField IQE = BitField.bit("IQE", 4);
    public static final BitField ICE = BitField.bit("ICE", 5);
    public static final BitField ITE = BitField.bit("ITE", 6);
    public static final BitField PRO = BitField.bit("PRO", 7);
    public static final BitField FRI = BitField.bits("FRI", 15, 8);

    /** The register. */
    public static final Layout LAYOUT =
        Layout.of("FSTS", PFO, PPF, AFO, APF, IQE, ICE, ITE, PRO, FRI);

    private Fsts() {}
  }

  /** Fault event control register. */
  public static final class Fectl {
    /** Interrupt pending. */
    public static final BitField IP = BitField.bit("IP", 30);

    /** Interrupt mask: faults raise no interrupt. */
    public static final BitField IM = BitField.bit("IM", 31);

    /** The register. */
    public static final Layout LAYOUT = Layout.of("FECTL", IP, IM);

    private Fectl() {}
  }

  private Registers() {}
}
