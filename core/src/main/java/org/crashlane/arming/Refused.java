// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Subject;

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

  /** {@return that another process works on {@code target}} */
  public static Refused busy(Target target) {
    return because(Refusal.Kind.IN_USE, new Subject.Armed(target.name()), List.of(Fact.BUSY));
  }

  /** {@return a refusal for one reason} */
  public static Refused because(
      Refusal.Kind kind, Subject subject, List<Evidence> evidence, Remedy... remedies) {
    return new Refused(List.of(new Refusal(kind, subject, evidence, List.of(remedies))));
  }
}
