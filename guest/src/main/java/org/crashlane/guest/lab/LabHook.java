// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;

/** What is done to the guest right before the crash. */
@FunctionalInterface
public interface LabHook {

  /** Does nothing. */
  LabHook NOTHING = guest -> {};

  /** Called once, the guest stopped. What it throws ends the run. */
  void beforeCrash(RunningGuest guest) throws IOException;
}
