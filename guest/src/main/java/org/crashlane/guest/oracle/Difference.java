// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Outcome;

/**
 * A probe for which the unit, or the reader of its tables, says other than the machine did. Prints
 * as one line.
 *
 * @param probe what was tried, and what the machine did
 * @param side who says so
 * @param outcome what it says
 */
public record Difference(Probe probe, Side side, Outcome outcome) {

  /** Who is held against the machine. */
  public enum Side {
    /** What stands for the hardware. */
    UNIT,
    /** What verdicts are made from. */
    READER
  }

  @Override
  public String toString() {
    return "%s: %s says %s, machine: %s; %s"
        .formatted(
            probe,
            side == Side.UNIT ? "unit" : "reader of the tables",
            say(outcome),
            probe.observed(),
            probe.tables());
  }

  private static String say(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached(long physicalAddress) -> "reached " + Hex.of(physicalAddress);
      case Outcome.Interrupt() -> "interrupt";
      case Outcome.Blocked(var fault) -> fault.toString();
      case Outcome.Unknown(long address, Reason reason) ->
          "unknown, table at " + Hex.of(address) + ": " + reason.names();
    };
  }
}
