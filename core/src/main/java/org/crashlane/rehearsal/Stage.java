// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.io.IOException;
import java.util.function.Consumer;

/** Where a crash is rehearsed: a model of a machine, or a real kernel. */
public interface Stage {

  /**
   * Crashes once.
   *
   * @param scenario what is rehearsed
   * @param progress told what is being done, as often as it changes
   * @throws IOException if the stage itself failed, so that nothing can be said of the scenario
   * @throws InterruptedException if it was stopped; all it had started is stopped too
   */
  Rehearsal rehearse(Scenario scenario, Consumer<String> progress)
      throws IOException, InterruptedException;
}
