// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.pci.RequesterId;

/**
 * The one fault record that QEMU's unit has (VT-d specification, "Fault Recording Registers").
 *
 * <p>It is taken and cleared after every transfer: while it is full, further faults are lost.
 */
final class FaultLog {
  private static final BitField FI = BitField.bits("FI", 63, 12);
  private static final BitField SID = BitField.bits("SID", 15, 0);
  private static final BitField FR = BitField.bits("FR", 39, 32);
  private static final BitField T1 = BitField.bit("T1", 62);
  private static final BitField F = BitField.bit("F", 63);

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
    this.status = unit + Registers.FSTS;
  }

  /**
   * Adds the reading and the clearing of the record.
   *
   * @return where among the answers {@link #decode} finds it
   */
  int take(Commands commands) {
    int first = commands.readq(low);
    commands.readq(high);
    commands.writeq(high, F.of(1));
    commands.writel(status, Registers.Fsts.PFO.of(1));
    return first;
  }

  /** {@return the record, if there was one, in the answers to what {@link #take} added} */
  static Optional<Observation.Faulted> decode(long[] answers, int first) {
    long source = answers[first + 1];
    if (!F.isSet(source)) {
      return Optional.empty();
    }
    return Optional.of(
        new Observation.Faulted(
            (int) FR.get(source),
            FI.inPlace(answers[first]),
            new RequesterId((int) SID.get(source)),
            T1.isSet(source) ? Access.READ : Access.WRITE));
  }
}
