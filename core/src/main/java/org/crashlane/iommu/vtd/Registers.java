// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.crashlane.iommu.AccessKind.ONE_SHOT;
import static org.crashlane.iommu.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.iommu.AccessKind.READ_ONLY;
import static org.crashlane.iommu.AccessKind.READ_WRITE;
import static org.crashlane.iommu.AccessKind.WRITE_ONLY;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterMap;

/**
 * A VT-d unit's registers and their fields (VT-d specification, "Register Descriptions"; Linux 6.0
 * drivers/iommu/intel/iommu.h).
 */
public final class Registers {
  private static final RegisterMap DECLARED = new RegisterMap();

  /** Version. */
  public static final Register VER = DECLARED.add(Register.plain("VER", 0x00, Integer.BYTES));

  /** Capabilities. */
  public static final Register CAP = DECLARED.add(Cap.FIELDS.at(0x08, Long.BYTES));

  /** Extended capabilities. */
  public static final Register ECAP = DECLARED.add(Ecap.FIELDS.at(0x10, Long.BYTES));

  /** Global command. */
  public static final Register GCMD = DECLARED.add(Gcmd.FIELDS.at(0x18, Integer.BYTES));

  /** Global status. */
  public static final Register GSTS = DECLARED.add(Gsts.FIELDS.at(0x1c, Integer.BYTES));

  /** Root table address. */
  public static final Register RTADDR = DECLARED.add(Rtaddr.FIELDS.at(0x20, Long.BYTES));

  /** Context command. */
  public static final Register CCMD =
      DECLARED.add(InvalidationRegisters.Ccmd.FIELDS.at(0x28, Long.BYTES));

  /** Fault status. */
  public static final Register FSTS = DECLARED.add(Fsts.FIELDS.at(0x34, Integer.BYTES));

  /** Fault event control. */
  public static final Register FECTL = DECLARED.add(Fectl.FIELDS.at(0x38, Integer.BYTES));

  /** Fault event message: its data. */
  public static final Register FEDATA = DECLARED.add(Register.plain("FEDATA", 0x3c, Integer.BYTES));

  /** Fault event message: its address, lower half. */
  public static final Register FEADDR = DECLARED.add(Register.plain("FEADDR", 0x40, Integer.BYTES));

  /** Fault event message: its address, upper half. */
  public static final Register FEUADDR =
      DECLARED.add(Register.plain("FEUADDR", 0x44, Integer.BYTES));

  /** Advanced fault log address. */
  public static final Register AFLOG = DECLARED.add(Aflog.FIELDS.at(0x58, Long.BYTES));

  /** Protected memory enable. */
  public static final Register PMEN = DECLARED.add(Pmen.FIELDS.at(0x64, Integer.BYTES));

  /** Protected low memory, base. */
  public static final Register PLMBASE =
      DECLARED.add(ProtectedBound.FIELDS.at("PLMBASE", 0x68, Integer.BYTES));

  /** Protected low memory, limit. */
  public static final Register PLMLIMIT =
      DECLARED.add(ProtectedBound.FIELDS.at("PLMLIMIT", 0x6c, Integer.BYTES));

  /** Protected high memory, base. */
  public static final Register PHMBASE =
      DECLARED.add(ProtectedBound.FIELDS.at("PHMBASE", 0x70, Long.BYTES));

  /** Protected high memory, limit. */
  public static final Register PHMLIMIT =
      DECLARED.add(ProtectedBound.FIELDS.at("PHMLIMIT", 0x78, Long.BYTES));

  /** Invalidation queue head. */
  public static final Register IQH =
      DECLARED.add(QueuePointer.FIELDS.at("IQH", 0x80, Long.BYTES).only());

  /** Invalidation queue tail. */
  public static final Register IQT = DECLARED.add(QueuePointer.FIELDS.at("IQT", 0x88, Long.BYTES));

  /** Invalidation queue address. */
  public static final Register IQA = DECLARED.add(Queue.FIELDS.at("IQA", 0x90, Long.BYTES));

  /** Invalidation event message: its address, lower half. */
  public static final Register IEADDR = DECLARED.add(Register.plain("IEADDR", 0xa8, Integer.BYTES));

  /** Invalidation event message: its address, upper half. */
  public static final Register IEUADDR =
      DECLARED.add(Register.plain("IEUADDR", 0xac, Integer.BYTES));

  /** Interrupt remapping table address. */
  public static final Register IRTA = DECLARED.add(Irta.FIELDS.at(0xb8, Long.BYTES));

  /** Page request queue address. */
  public static final Register PQA = DECLARED.add(Queue.FIELDS.at("PQA", 0xd0, Long.BYTES));

  /** Page request event message: its address, lower half. */
  public static final Register PEADDR = DECLARED.add(Register.plain("PEADDR", 0xe8, Integer.BYTES));

  /** Page request event message: its address, upper half. */
  public static final Register PEUADDR =
      DECLARED.add(Register.plain("PEUADDR", 0xec, Integer.BYTES));

  /** Unit of the register offsets that CAP.FRO and ECAP.IRO hold, in bytes. */
  static final int OFFSET_UNIT_BYTES = 16;

  /** Capability register. */
  public static final class Cap {
    private static final Register.Fields FIELDS = Register.named("CAP", READ_ONLY);

    public static final BitField ND = FIELDS.bits("ND", 2, 0);
    public static final BitField AFL = FIELDS.bit("AFL", 3);
    public static final BitField RWBF = FIELDS.bit("RWBF", 4);
    public static final BitField PLMR = FIELDS.bit("PLMR", 5);
    public static final BitField PHMR = FIELDS.bit("PHMR", 6);
    public static final BitField CM = FIELDS.bit("CM", 7);
    public static final BitField SAGAW = FIELDS.bits("SAGAW", 12, 8);
    public static final BitField MGAW = FIELDS.bits("MGAW", 21, 16);
    public static final BitField ZLR = FIELDS.bit("ZLR", 22);
    public static final BitField FRO = FIELDS.bits("FRO", 33, 24);
    public static final BitField SLLPS = FIELDS.bits("SLLPS", 37, 34);
    public static final BitField PSI = FIELDS.bit("PSI", 39);
    public static final BitField NFR = FIELDS.bits("NFR", 47, 40);
    public static final BitField MAMV = FIELDS.bits("MAMV", 53, 48);
    public static final BitField DWD = FIELDS.bit("DWD", 54);
    public static final BitField DRD = FIELDS.bit("DRD", 55);
    public static final BitField FL1GP = FIELDS.bit("FL1GP", 56);
    public static final BitField PI = FIELDS.bit("PI", 59);
    public static final BitField FL5LP = FIELDS.bit("FL5LP", 60);
    public static final BitField ECMDS = FIELDS.bit("ECMDS", 61);
    public static final BitField ESIRTPS = FIELDS.bit("ESIRTPS", 62);
    public static final BitField ESRTPS = FIELDS.bit("ESRTPS", 63);

    private Cap() {}
  }

  /** Extended capability register. */
  public static final class Ecap {
    private static final Register.Fields FIELDS = Register.named("ECAP", READ_ONLY);

    public static final BitField C = FIELDS.bit("C", 0);
    public static final BitField QI = FIELDS.bit("QI", 1);
    public static final BitField DT = FIELDS.bit("DT", 2);
    public static final BitField IR = FIELDS.bit("IR", 3);
    public static final BitField EIM = FIELDS.bit("EIM", 4);
    public static final BitField PT = FIELDS.bit("PT", 6);
    public static final BitField SC = FIELDS.bit("SC", 7);
    public static final BitField IRO = FIELDS.bits("IRO", 17, 8);
    public static final BitField MHMV = FIELDS.bits("MHMV", 23, 20);
    public static final BitField MTS = FIELDS.bit("MTS", 25);
    public static final BitField NEST = FIELDS.bit("NEST", 26);
    public static final BitField PRS = FIELDS.bit("PRS", 29);
    public static final BitField ERS = FIELDS.bit("ERS", 30);
    public static final BitField SRS = FIELDS.bit("SRS", 31);
    public static final BitField NWFS = FIELDS.bit("NWFS", 33);
    public static final BitField EAFS = FIELDS.bit("EAFS", 34);
    public static final BitField PSS = FIELDS.bits("PSS", 39, 35);
    public static final BitField PASID = FIELDS.bit("PASID", 40);
    public static final BitField DIT = FIELDS.bit("DIT", 41);
    public static final BitField PDS = FIELDS.bit("PDS", 42);
    public static final BitField SMTS = FIELDS.bit("SMTS", 43);
    public static final BitField VCS = FIELDS.bit("VCS", 44);
    public static final BitField SLADS = FIELDS.bit("SLADS", 45);
    public static final BitField SLTS = FIELDS.bit("SLTS", 46);
    public static final BitField FLTS = FIELDS.bit("FLTS", 47);
    public static final BitField SMPWC = FIELDS.bit("SMPWC", 48);
    public static final BitField RPS = FIELDS.bit("RPS", 49);
    public static final BitField PMS = FIELDS.bit("PMS", 51);
    public static final BitField ADMS = FIELDS.bit("ADMS", 52);
    public static final BitField RPRIVS = FIELDS.bit("RPRIVS", 53);

    private Ecap() {}
  }

  /** Global command register. Each write says all of TE, EAFL, QIE, IRE and CFI anew. */
  public static final class Gcmd {
    private static final Register.Fields FIELDS = Register.named("GCMD", WRITE_ONLY);

    public static final BitField CFI = FIELDS.bit("CFI", 23);
    public static final BitField SIRTP = FIELDS.bit("SIRTP", 24, ONE_SHOT);
    public static final BitField IRE = FIELDS.bit("IRE", 25);
    public static final BitField QIE = FIELDS.bit("QIE", 26);
    public static final BitField WBF = FIELDS.bit("WBF", 27, ONE_SHOT);
    public static final BitField EAFL = FIELDS.bit("EAFL", 28);
    public static final BitField SFL = FIELDS.bit("SFL", 29, ONE_SHOT);
    public static final BitField SRTP = FIELDS.bit("SRTP", 30, ONE_SHOT);
    public static final BitField TE = FIELDS.bit("TE", 31);

    private Gcmd() {}
  }

  /** Global status register: each bit has the place of the command that it answers. */
  public static final class Gsts {
    private static final Register.Fields FIELDS = Register.named("GSTS", READ_ONLY);

    public static final BitField CFIS = FIELDS.bit("CFIS", 23);
    public static final BitField IRTPS = FIELDS.bit("IRTPS", 24);
    public static final BitField IRES = FIELDS.bit("IRES", 25);
    public static final BitField QIES = FIELDS.bit("QIES", 26);
    public static final BitField WBFS = FIELDS.bit("WBFS", 27);
    public static final BitField AFLS = FIELDS.bit("AFLS", 28);
    public static final BitField FLS = FIELDS.bit("FLS", 29);
    public static final BitField RTPS = FIELDS.bit("RTPS", 30);
    public static final BitField TES = FIELDS.bit("TES", 31);

    private Gsts() {}
  }

  /** Root table address register. */
  public static final class Rtaddr {
    private static final Register.Fields FIELDS = Register.named("RTADDR", READ_WRITE);

    /** Translation table mode, one of the {@code TTM_} values. */
    public static final BitField TTM = FIELDS.bits("TTM", 11, 10);

    public static final BitField RTA = FIELDS.bits("RTA", 63, 12);

    public static final int TTM_LEGACY = 0;
    public static final int TTM_SCALABLE = 1;
    public static final int TTM_RESERVED = 2;
    public static final int TTM_ABORT_DMA = 3;

    private Rtaddr() {}
  }

  /** Interrupt remapping table address register. */
  public static final class Irta {
    private static final Register.Fields FIELDS = Register.named("IRTA", READ_WRITE);

    /** Size: the table has 2^(S+1) entries. */
    public static final BitField S = FIELDS.bits("S", 3, 0);

    /** Extended interrupt mode enable: destinations are x2APIC ids. */
    public static final BitField EIME = FIELDS.bit("EIME", 11);

    public static final BitField IRTA = FIELDS.bits("IRTA", 63, 12);

    private Irta() {}
  }

  /** Protected memory enable register. */
  public static final class Pmen {
    private static final Register.Fields FIELDS = Register.named("PMEN", READ_WRITE);

    /** Protected region status: protection is in force. */
    public static final BitField PRS = FIELDS.bit("PRS", 0, READ_ONLY);

    /** Enable protected memory. */
    public static final BitField EPM = FIELDS.bit("EPM", 31);

    private Pmen() {}
  }

  /** Protected memory base and limit registers, low and high: 1 MiB is the finest grain. */
  public static final class ProtectedBound {
    private static final Register.Fields FIELDS =
        Register.named("protected memory bound", READ_WRITE);

    /** Bits of the address that count; a limit's others are taken for ones. */
    public static final BitField ADDRESS = FIELDS.bits("address", 63, 20);

    private ProtectedBound() {}
  }

  /** Address registers of the invalidation and the page request queue. */
  public static final class Queue {
    private static final Register.Fields FIELDS = Register.named("queue address", READ_WRITE);

    /** Size: 2^QS pages of 4 KiB. */
    public static final BitField QS = FIELDS.bits("QS", 2, 0);

    /** Descriptors have 256 bits, not 128 (invalidation queue). */
    public static final BitField DW = FIELDS.bit("DW", 11);

    public static final BitField QA = FIELDS.bits("QA", 63, 12);

    private Queue() {}
  }

  /** Head and tail of the invalidation queue: an offset in bytes. */
  public static final class QueuePointer {
    private static final Register.Fields FIELDS = Register.named("queue pointer", READ_WRITE);

    public static final BitField OFFSET = FIELDS.bits("offset", 18, 4);

    private QueuePointer() {}
  }

  /** Advanced fault log register. */
  public static final class Aflog {
    private static final Register.Fields FIELDS = Register.named("AFLOG", READ_WRITE);

    /** Size: 2^FLS pages of 4 KiB. */
    public static final BitField FLS = FIELDS.bits("FLS", 11, 9);

    public static final BitField FLA = FIELDS.bits("FLA", 63, 12);

    private Aflog() {}
  }

  /** Fault status register. */
  public static final class Fsts {
    private static final Register.Fields FIELDS = Register.named("FSTS", ONE_TO_CLEAR);

    public static final BitField PFO = FIELDS.bit("PFO", 0);
    public static final BitField PPF = FIELDS.bit("PPF", 1, READ_ONLY);
    public static final BitField AFO = FIELDS.bit("AFO", 2);
    public static final BitField APF = FIELDS.bit("APF", 3);
    public static final BitField IQE = FIELDS.bit("IQE", 4);
    public static final BitField ICE = FIELDS.bit("ICE", 5);
    public static final BitField ITE = FIELDS.bit("ITE", 6);
    public static final BitField PRO = FIELDS.bit("PRO", 7);
    public static final BitField FRI = FIELDS.bits("FRI", 15, 8, READ_ONLY);

    private Fsts() {}
  }

  /** Fault event control register. */
  public static final class Fectl {
    private static final Register.Fields FIELDS = Register.named("FECTL", READ_WRITE);

    /** Interrupt pending. */
    public static final BitField IP = FIELDS.bit("IP", 30, READ_ONLY);

    /** Interrupt mask: faults raise no interrupt. */
    public static final BitField IM = FIELDS.bit("IM", 31);

    private Fectl() {}
  }

  private Registers() {}

  /** {@return the register that the byte at {@code offset} is in, if one is known} */
  public static Optional<Register> at(long offset) {
    return DECLARED.at(offset);
  }
}
