// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.crashlane.iommu.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.iommu.AccessKind.READ_ONLY;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Register;
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

  private static final Register.Fields LOW_FIELDS = Register.named("FRCD, low word", READ_ONLY);

  static final BitField RSVD_LOW = LOW_FIELDS.bits("RSVD_11_0", 11, 0);

  /** Fault info: the page. */
  static final BitField FI = LOW_FIELDS.bits("FI", 63, 12);

  private static final Register.Fields HIGH_FIELDS = Register.named("FRCD, high word", READ_ONLY);

  /** Source id. */
  static final BitField SID = HIGH_FIELDS.bits("SID", 15, 0);

  static final BitField RSVD_27_16 = HIGH_FIELDS.bits("RSVD_27_16", 27, 16);

  /** Second type bit: with T1, tells page requests and atomic operations. */
  static final BitField T2 = HIGH_FIELDS.bit("T2", 28);

  static final BitField PRIV = HIGH_FIELDS.bit("PRIV", 29);
  static final BitField EXE = HIGH_FIELDS.bit("EXE", 30);

  /** PASID present. */
  static final BitField PP = HIGH_FIELDS.bit("PP", 31);

  /** Fault reason. */
  static final BitField FR = HIGH_FIELDS.bits("FR", 39, 32);

  /** PASID value. */
  static final BitField PV = HIGH_FIELDS.bits("PV", 59, 40);

  /** Address type. */
  static final BitField AT = HIGH_FIELDS.bits("AT", 61, 60);

  /** Type: 1 for reads. */
  static final BitField T1 = HIGH_FIELDS.bit("T1", 62);

  /** Fault: the record is valid; written as 1 to clear it. */
  public static final BitField F = HIGH_FIELDS.bit("F", 63, ONE_TO_CLEAR);

  /** The first word, from {@link Capabilities#faultRecordOffset} on. */
  public static final Register LOW = LOW_FIELDS.at(0, Long.BYTES);

  /** The second word. */
  public static final Register HIGH = HIGH_FIELDS.at(Long.BYTES, Long.BYTES);

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
