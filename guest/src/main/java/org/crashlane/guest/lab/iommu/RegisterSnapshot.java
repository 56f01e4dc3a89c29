// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers;

/**
 * The registers of the guest's VT-d unit that tell whether it translates and what it blocked, read
 * from the host.
 *
 * @param globalStatus GSTS
 * @param rootTable RTADDR
 * @param faultStatus FSTS
 * @param faultRecords the fault recording registers whose F bit is set
 */
public record RegisterSnapshot(
    long globalStatus, long rootTable, long faultStatus, List<FaultRecord> faultRecords) {

  /** CAP.FRO counts in units of 16 bytes, and a record is as long. */
  private static final int RECORD_BYTES = 16;

  /** A fault recording register (VT-d specification, "Fault Recording Registers"). */
  public record FaultRecord(long low, long high) {
    private static final BitField FI = bits("FI", 63, 12);
    private static final BitField SID = bits("SID", 15, 0);
    private static final BitField FR = bits("FR", 39, 32);
    private static final BitField T1 = bit("T1", 62);
    private static final BitField F = bit("F", 63);

    @Override
    public String toString() {
      return "%s of %s by requester %s: fault reason %s"
          .formatted(
              T1.isSet(high) ? "read" : "write",
              Hex.of(FI.inPlace(low)),
              Hex.of(SID.get(high)),
              Hex.of(FR.get(high)));
    }
  }

  public RegisterSnapshot {
    faultRecords = List.copyOf(faultRecords);
  }

  /** {@return true if the IOMMU translates} */
  public boolean translating() {
    return Registers.Gsts.TES.isSet(globalStatus);
  }

  static RegisterSnapshot read(LiveGuest guest) throws IOException {
    try {
      return read(guest.vtdRegisters());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  static RegisterSnapshot read(RegisterFile registers) {
    long capabilities = registers.read64(Registers.CAP);
    int offset = Math.toIntExact(Registers.Cap.FRO.get(capabilities)) * RECORD_BYTES;
    List<FaultRecord> faults = new ArrayList<>();
    for (long left = Registers.Cap.NFR.get(capabilities); left >= 0; left--) {
      FaultRecord record =
          new FaultRecord(registers.read64(offset), registers.read64(offset + Long.BYTES));
      if (FaultRecord.F.isSet(record.high())) {
        faults.add(record);
      }
      offset += RECORD_BYTES;
    }
    return new RegisterSnapshot(
        registers.read32(Registers.GSTS),
        registers.read64(Registers.RTADDR),
        registers.read32(Registers.FSTS),
        faults);
  }

  @Override
  public String toString() {
    return "GSTS %s, RTADDR %s, FSTS %s, faults %s"
        .formatted(
            Hex.of(globalStatus, Long.BYTES), Hex.of(rootTable), Hex.of(faultStatus), faultRecords);
  }
}
