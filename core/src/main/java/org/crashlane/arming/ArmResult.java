// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.nio.file.Path;

/** What became of arming. */
public sealed interface ArmResult permits ArmResult.Done, Refused {

  /** The tables are as they have to be. */
  sealed interface Done extends ArmResult {

    /** {@return what was done} */
    ArmingPlan plan();
  }

  /**
   * Every store was made and read back, and a walk of the tables found every crash range mapped to
   * itself.
   *
   * @param plan what was done
   * @param journal the file that knows the way back
   */
  record Armed(ArmingPlan plan, Path journal) implements Done {}

  /**
   * Nothing had to be written, and there is no journal: what is translated is mapped so already,
   * the rest passes or is blocked, as the plan's notes tell.
   *
   * @param plan a plan without stores
   */
  record Unneeded(ArmingPlan plan) implements Done {}
}
