// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.pci.RequesterId;

/**
 * What a fault recording register holds: 16 bytes, from CAP.FRO on (VT-d specification, "Fault
 * Recording Registers"; Linux 6.0 drivers/iommu/intel/dmar.c).
 *
 * @param page the request's address without its lowest 12 bits; for an interrupt request the upper
 *     16 bits are the index of its remapping entry
 * @param requester who asked
 * @param access read or write
 * @param reason the code, see {@link FaultReason#of(int)}
 * @param pasid the request's PASID, if it had one
 */
public record FaultRecord(
    long page, RequesterId requester, Access access, int reason, Optional<Integer> pasid) {
  /** Size of a fault recording register in bytes. */
  public static final int BYTES = 16;

  static final BitField RSVD_LOW = BitField.bits("RSVD_11_0", 11, 0);

  /** Fault info: the page. */
  static final BitField FI = BitField.bits("FI", 63, 12);

  /** Source id. */
  static final BitField SID = BitField.bits("SID", 15, 0);

  static final BitField RSVD_27_16 = BitField.bits("RSVD_27_16", 27, 16);

  /** Second type bit: with T1, tells page requests and atomic operations. */
  static final BitField T2 = BitField.bit("T2", 28);

  static final BitField PRIV = BitField.bit("PRIV", 29);
  static final BitField EXE = BitField.bit("EXE", 30);

  /** PASID present. */
  static final BitField PP = BitField.bit("PP", 31);

  /** Fault reason. */
  static final BitField FR = BitField.bits("FR", 39, 32);

  /** PASID value. */
  static final BitField PV = BitField.bits("PV", 59, 40);

  /** Address type. */
  static final BitField AT = BitField.bits("AT", 61, 60);

  /** Type: 1 for reads. */
  static final BitField T1 = BitField.bit("T1", 62);

  /** Fault: the record is valid; written as 1 to clear it. */
  public static final BitField F = BitField.bit("F", 63);

  /** The first word. */
  public static final Layout LOW = Layout.of("FRCD, low word", RSVD_LOW, FI);

  /** The second word. */
  public static final Layout HIGH =
      Layout.of("FRCD, high word", SID, RSVD_27_16, T2, PRIV, EXE, PP, FR, PV, AT, T1, F);

  public FaultRecord {
    if (FI.inPlace(page) != page) {
      throw new IllegalArgumentException("not a page: " + Hex.of(page));
    }
  }

  /** {@return the record that a unit leaves of {@code fault}} */
  public static FaultRecord of(Fault fault) {
    return new FaultRecord(
        FI.inPlace(fault.request().iova()),
        fault.request().requester(),
        fault.request().access(),
        fault.reason(),
        Optional.empty());
  }

  /** {@return what the register says, or nothing if it holds no fault} */
  public static Optional<FaultRecord> decode(long low, long high) {
    if (!F.isSet(high)) {
      return Optional.empty();
    }
    Optional<Integer> pasid = PP.isSet(high) ? Optional.of((int) PV.get(high)) : Optional.empty();
    return Optional.of(
        new FaultRecord(
            FI.inPlace(low),
            new RequesterId((int) SID.get(high)),
            T1.isSet(high) ? Access.READ : Access.WRITE,
            (int) FR.get(high),
            pasid));
  }

  /** {@return the register's first word} */
  public long low() {
    return page;
  }

  /** {@return the register's second word} */
  public long high() {
    long word = F.of(1) | FR.of(reason) | SID.of(requester.value());
    word |= T1.of(access == Access.READ ? 1 : 0);
    return pasid.map(value -> PP.of(1) | PV.of(value)).orElse(0L) | word;
  }

  @Override
  public String toString() {
    return "%s %s at %s%s: reason %s, %s"
        .formatted(
            requester,
            access,
            Hex.of(page),
            pasid.map(value -> " PASID " + Hex.of(value)).orElse(""),
            Hex.of(reason),
            FaultReason.of(reason).map(FaultReason::meaning).orElse("not known"));
  }
}
