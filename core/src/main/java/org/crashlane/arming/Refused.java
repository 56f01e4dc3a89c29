// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;

/**
 * Nothing is written, for these reasons.
 *
 * @param reasons at least one
 */
public record Refused(List<Refusal> reasons) implements PlanResult, ArmResult {

  public Refused {
    reasons = List.copyOf(reasons);
    if (reasons.isEmpty()) {
      throw new IllegalArgumentException("refused without a reason");
    }
  }

  /** {@return true if {@code kind} is the kind of all reasons} */
  public boolean isFor(Refusal.Kind kind) {
    return reasons.stream().allMatch(reason -> reason.kind() == kind);
  }

  /** {@return a refusal for one reason} */
  public static Refused because(Refusal.Kind kind, String reason) {
    return new Refused(List.of(new Refusal(kind, reason)));
  }
}
