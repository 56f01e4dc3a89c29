// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers;

/** The fault recording registers (VT-d specification, "Fault Recording Registers") in words. */
final class FaultRecords {
  private FaultRecords() {}

  /** {@return those that hold a fault} */
  static List<String> read(RegisterFile registers) {
    Capabilities capabilities = Capabilities.of(registers);
    List<String> faults = new ArrayList<>();
    for (long i = 0; i <= Registers.Cap.NFR.get(capabilities.cap()); i++) {
      int offset = capabilities.faultRecordOffset() + (int) i * FaultRecord.BYTES;
      FaultRecord.decode(
              registers.read(FaultRecord.LOW.movedBy(offset)),
              registers.read(FaultRecord.HIGH.movedBy(offset)))
          .ifPresent(record -> faults.add(words(record)));
    }
    return faults;
  }

  private static String words(FaultRecord record) {
    return "%s of %s by requester %s: fault reason %s"
        .formatted(
            switch (record.access()) {
              case READ -> "read";
              case WRITE -> "write";
            },
            Hex.of(record.page()),
            Hex.of(record.requester().value()),
            Hex.of(record.reason()));
  }
}
