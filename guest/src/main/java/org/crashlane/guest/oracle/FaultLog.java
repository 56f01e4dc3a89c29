// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.QTest;
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

  /** Adds two questions whose answers {@link #take} reads. */
  void ask(Commands commands) {
    commands.readq(low);
    commands.readq(high);
  }

  /**
   * Clears the record, if there is one, and {@return it}
   *
   * @param index where among {@code answers} the first of the two is
   */
  Optional<Observation.Faulted> take(QTest machine, long[] answers, int index) throws IOException {
    long source = answers[index + 1];
    if (!F.isSet(source)) {
      return Optional.empty();
    }
    Commands clear = new Commands();
    clear.writeq(high, F.of(1));
    clear.writel(status, Registers.Fsts.PFO.of(1));
    machine.run(clear);
    return Optional.of(
        new Observation.Faulted(
            (int) FR.get(source),
            FI.inPlace(answers[index]),
            new RequesterId((int) SID.get(source)),
            T1.isSet(source) ? Access.READ : Access.WRITE));
  }
}
