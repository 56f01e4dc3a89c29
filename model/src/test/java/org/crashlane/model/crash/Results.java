// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Tally;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;

/** What tests ask of a crash's result. */
public final class Results {
  private Results() {}

  /** {@return what was counted on the bus} */
  public static Tally tally(CrashResult result) {
    return result.seen().tally().orElseThrow();
  }

  /** {@return how often a request of the capture kernel did not get through} */
  public static long captureBlocked(CrashResult result) {
    return result.violations().count(Violation.Kind.CAPTURE_BLOCKED);
  }

  /** {@return bytes of the dump that are not what they were at the panic} */
  public static long differingBytes(CrashResult result) {
    return bytes(result, Quantity.BYTES_OF_DUMP_DIFFERENT);
  }

  private static long bytes(CrashResult result, Quantity quantity) {
    List<Evidence> damage =
        result.seen().dump() instanceof DumpOutcome.Damaged damaged ? damaged.reasons() : List.of();
    return damage.stream()
        .filter(e -> e instanceof Amount amount && amount.what() == quantity)
        .mapToLong(e -> ((Amount) e).count())
        .sum();
  }
}
