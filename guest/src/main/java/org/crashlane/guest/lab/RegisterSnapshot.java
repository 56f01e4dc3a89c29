// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.QmpClient;

/**
 * The registers of QEMU's Intel IOMMU that tell whether it translates and what it blocked, read
 * from the host through the monitor. VT-d specification, section 10.4 (register descriptions).
 *
 * @param globalStatus GSTS_REG
 * @param rootTable RTADDR_REG
 * @param faultStatus FSTS_REG
 * @param faultRecords both words of each fault recording register whose F bit is set
 */
public record RegisterSnapshot(
    long globalStatus, long rootTable, long faultStatus, List<FaultRecord> faultRecords) {
  private static final long BASE = 0xfed9_0000L;
  private static final int CAP = 0x08;
  private static final int GSTS = 0x1c;
  private static final int RTADDR = 0x20;
  private static final int FSTS = 0x34;
  private static final int RECORD_BYTES = 16;

  private static final BitField TES = bit("TES", 31);
  private static final BitField FRO = bits("FRO", 33, 24);
  private static final BitField NFR = bits("NFR", 47, 40);
  private static final BitField FAULT = bit("F", 63);

  /** FRCD_REG: {@code low} has the address, {@code high} the requester, the reason and the kind. */
  public record FaultRecord(long low, long high) {
    private static final BitField SID = bits("SID", 15, 0);
    private static final BitField FR = bits("FR", 39, 32);
    private static final BitField T1 = bit("T1", 62);
    private static final BitField FI = bits("FI", 63, 12);

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
    return TES.isSet(globalStatus);
  }

  static RegisterSnapshot read(QmpClient qmp) throws IOException {
    long capabilities = word(qmp, BASE + CAP, 8);
    long records = BASE + FRO.get(capabilities) * RECORD_BYTES;
    List<FaultRecord> faults = new ArrayList<>();
    for (long i = 0; i <= NFR.get(capabilities); i++) {
      long high = word(qmp, records + i * RECORD_BYTES + 8, 8);
      if (FAULT.isSet(high)) {
        faults.add(new FaultRecord(word(qmp, records + i * RECORD_BYTES, 8), high));
      }
    }
    return new RegisterSnapshot(
        word(qmp, BASE + GSTS, 4), word(qmp, BASE + RTADDR, 8), word(qmp, BASE + FSTS, 4), faults);
  }

  private static long word(QmpClient qmp, long address, int sizeBytes) throws IOException {
    String command = "xp /1" + (sizeBytes == 8 ? "g" : "w") + "x " + Hex.of(address);
    String printed = qmp.hmp(command).strip();
    int colon = printed.indexOf(':');
    if (colon < 0) {
      throw new IOException(qmp.socket() + ": '" + command + "' printed '" + printed + "'");
    }
    return Hex.parse(printed.substring(colon + 1).strip());
  }
}
