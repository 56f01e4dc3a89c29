// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

/** What became of planning. */
public sealed interface PlanResult permits PlanResult.Planned, Refused {

  /**
   * It can be done.
   *
   * @param plan how
   */
  record Planned(ArmingPlan plan) implements PlanResult {}
}
