// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.nio.file.Path;

/** What became of arming. */
public sealed interface ArmResult permits ArmResult.Armed, Refused {

  /**
   * Every store was made and read back, and a walk of the tables found every crash range mapped to
   * itself.
   *
   * @param plan what was done
   * @param journal the file that knows the way back
   */
  record Armed(ArmingPlan plan, Path journal) implements ArmResult {}
}
