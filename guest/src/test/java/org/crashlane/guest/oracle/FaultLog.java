// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Optional;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers;

/**
 * The one fault record that QEMU's unit has (VT-d specification, "Fault Recording Registers").
 *
 * <p>It is taken and cleared after every transfer: while it is full, further faults are lost.
 */
final class FaultLog {
  private final long low;
  private final long high;
  private final long status;

  /**
   * @param unit where the unit's registers are
   * @param offset of the record from there, in bytes
   */
  FaultLog(long unit, int offset) {
    this.low = unit + offset;
    this.high = low + Long.BYTES;
    this.status = unit + Registers.FSTS.offset();
  }

  /**
   * Adds the reading and the clearing of the record.
   *
   * @return where among the answers {@link #decode} finds it
   */
  int take(Commands commands) {
    int first = commands.readq(low);
    commands.readq(high);
    commands.writeq(high, FaultRecord.F.of(1));
    commands.writel(status, Registers.Fsts.PFO.of(1));
    return first;
  }

  /** {@return the record, if there was one, in the answers to what {@link #take} added} */
  static Optional<Observation.Faulted> decode(long[] answers, int first) {
    return FaultRecord.decode(answers[first], answers[first + 1])
        .map(record ->
            new Observation.Faulted(
                record.reason(), record.page(), record.requester(), record.access()));
  }
}
