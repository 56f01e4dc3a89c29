// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;

/** What is done to the guest right before the crash, and while it crashes. */
@FunctionalInterface
public interface LabHook {

  /** Does nothing. */
  LabHook NOTHING = guest -> {};

  /** Called once, the guest stopped. What it throws ends the run. */
  void beforeCrash(RunningGuest guest) throws IOException;

  /**
   * Called once, when the guest is let go into its crash, beside what else goes on; it may stop the
   * guest, and has to let it go on. What it throws ends the run.
   */
  default void whileCrashing(RunningGuest guest) throws IOException {}
}
