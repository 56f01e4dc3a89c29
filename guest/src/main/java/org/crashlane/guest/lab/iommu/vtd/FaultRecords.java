// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers;

/** The fault recording registers (VT-d specification, "Fault Recording Registers") in words. */
final class FaultRecords {
  /** CAP.FRO counts in units of 16 bytes, and a record is as long. */
  private static final int RECORD_BYTES = 16;

  private static final BitField FI = bits("FI", 63, 12);
  private static final BitField SID = bits("SID", 15, 0);
  private static final BitField FR = bits("FR", 39, 32);
  private static final BitField T1 = bit("T1", 62);
  private static final BitField F = bit("F", 63);

  private FaultRecords() {}

  /** {@return those whose F bit is set} */
  static List<String> read(RegisterFile registers) {
    long capabilities = registers.read64(Registers.CAP);
    int offset = Math.toIntExact(Registers.Cap.FRO.get(capabilities)) * RECORD_BYTES;
    List<String> faults = new ArrayList<>();
    for (long left = Registers.Cap.NFR.get(capabilities); left >= 0; left--) {
      long high = registers.read64(offset + Long.BYTES);
      if (F.isSet(high)) {
        faults.add(words(registers.read64(offset), high));
      }
      offset += RECORD_BYTES;
    }
    return faults;
  }

  private static String words(long low, long high) {
    return "%s of %s by requester %s: fault reason %s"
        .formatted(
            T1.isSet(high) ? "read" : "write",
            Hex.of(FI.inPlace(low)),
            Hex.of(SID.get(high)),
            Hex.of(FR.get(high)));
  }
}
