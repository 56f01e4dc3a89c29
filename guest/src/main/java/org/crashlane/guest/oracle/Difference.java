// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;

/**
 * A probe for which the unit says other than the machine did. Prints as one line.
 *
 * @param probe what was tried, and what the machine did
 * @param outcome what the unit says
 */
public record Difference(Probe probe, Outcome outcome) {

  @Override
  public String toString() {
    return "%s: unit says %s, machine: %s; %s"
        .formatted(probe, say(outcome), probe.observed(), probe.tables());
  }

  private static String say(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached(long physicalAddress) -> "reached " + Hex.of(physicalAddress);
      case Outcome.Interrupt() -> "interrupt";
      case Outcome.Blocked(var fault) -> fault.toString();
      case Outcome.Unknown(long address, String reason) ->
          "unknown, table at " + Hex.of(address) + ": " + reason;
    };
  }
}
