// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

/**
 * What an exploration may cost.
 *
 * @param stateCountMax states after which it stops, incomplete
 * @param threadCount how many threads work
 */
public record ExplorerLimits(long stateCountMax, int threadCount) {
  private static final long USUAL_STATES = 5_000_000;

  /** {@return the usual limits, on all cores} */
  public static ExplorerLimits usual() {
    return new ExplorerLimits(USUAL_STATES, Runtime.getRuntime().availableProcessors());
  }
}
