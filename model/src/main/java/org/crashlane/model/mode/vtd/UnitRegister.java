// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import static org.crashlane.model.mode.paging.AccessKind.ONE_SHOT;
import static org.crashlane.model.mode.paging.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.model.mode.paging.AccessKind.READ_WRITE;
import static org.crashlane.model.mode.paging.AccessKind.WRITE_ONLY;

import java.util.Map;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.InvalidationRegisters.Ccmd;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Fectl;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.model.mode.paging.AccessKind;
import org.crashlane.model.mode.paging.Register;
import org.crashlane.model.mode.paging.RegisterSpec;

/**
 * The registers of a unit, as data: what there is, where, and what writes do to which bits; those
 * in no field here are read-only. What is not listed (protected memory, invalidation queue,
 * interrupt remapping) the unit does not have: it reads as zero, and CAP and ECAP say so.
 */
enum UnitRegister implements Register {
  VER(Registers.VER, Integer.BYTES, Map.of()),
  CAP(Registers.CAP, Long.BYTES, Map.of()),
  ECAP(Registers.ECAP, Long.BYTES, Map.of()),
  /** The command bits stand where the status bits do. */
  GCMD(
      Registers.GCMD,
      Integer.BYTES,
      Map.of(Gsts.TES, WRITE_ONLY, Gsts.RTPS, ONE_SHOT, Gsts.WBFS, ONE_SHOT)),
  GSTS(Registers.GSTS, Integer.BYTES, Map.of()),
  RTADDR(Registers.RTADDR, Long.BYTES, Map.of(Rtaddr.TTM, READ_WRITE, Rtaddr.RTA, READ_WRITE)),
  CCMD(
      Registers.CCMD,
      Long.BYTES,
      Map.of(
          Ccmd.DID,
          READ_WRITE,
          Ccmd.CIRG,
          READ_WRITE,
          Ccmd.SID,
          WRITE_ONLY,
          Ccmd.FM,
          WRITE_ONLY,
          Ccmd.ICC,
          ONE_SHOT)),
  FSTS(Registers.FSTS, Integer.BYTES, Map.of(Fsts.PFO, ONE_TO_CLEAR)),
  FECTL(Registers.FECTL, Integer.BYTES, Map.of(Fectl.IM, READ_WRITE)),
  IVA(Place.IVA, Long.BYTES, Map.of(Iva.AM, WRITE_ONLY, Iva.IH, WRITE_ONLY, Iva.ADDR, WRITE_ONLY)),
  IOTLB(
      Place.IVA + InvalidationRegisters.IOTLB_FROM_IVA_BYTES,
      Long.BYTES,
      Map.of(
          Iotlb.DID,
          READ_WRITE,
          Iotlb.DW,
          READ_WRITE,
          Iotlb.DR,
          READ_WRITE,
          Iotlb.IIRG,
          READ_WRITE,
          Iotlb.IVT,
          ONE_SHOT)),
  FRCD_LOW(Place.FRCD, Long.BYTES, Map.of()),
  FRCD_HIGH(Place.FRCD + Long.BYTES, Long.BYTES, Map.of(FaultRecord.F, ONE_TO_CLEAR));

  /** Places that units choose for themselves: QEMU's. */
  private static final class Place {
    static final int IVA = 0xf0;
    static final int FRCD = 0x220;

    private Place() {}
  }

  @SuppressWarnings("ImmutableEnumChecker") // A record of numbers.
  private final RegisterSpec spec;

  UnitRegister(int offset, int sizeBytes, Map<BitField, AccessKind> access) {
    this.spec = RegisterSpec.of(offset, sizeBytes, access);
  }

  @Override
  public RegisterSpec spec() {
    return spec;
  }
}
