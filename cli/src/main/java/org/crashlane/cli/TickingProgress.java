// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Progress of work that says what it does when that changes, and then is silent for seconds: shows
 * it anew each second, so that whoever waits sees the time pass.
 */
final class TickingProgress implements AutoCloseable {
  private final Progress progress;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("progress").daemon().factory());
  private String what = "";

  private TickingProgress(Progress progress) {
    this.progress = progress;
    ticks.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /** {@return progress that ticks until it is closed, which closes {@code progress} too} */
  static TickingProgress of(Progress progress) {
    return new TickingProgress(progress);
  }

  /** Says what is being done from now on, and of which part of how many. */
  synchronized void update(String doing, long partNumber, long partCount) {
    what = partCount == 1 ? doing : "%s: %d of %d".formatted(doing, partNumber, partCount);
    progress.update(what);
  }

  private synchronized void tick() {
    if (!what.isEmpty()) {
      progress.update(what);
    }
  }

  @Override
  public synchronized void close() {
    ticks.shutdownNow();
    what = "";
    progress.close();
  }
}
