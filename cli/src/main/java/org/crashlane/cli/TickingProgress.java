// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import org.crashlane.guest.ShutdownHook;

/**
 * Progress of work that says what it does when that changes, and then is silent for seconds: shows
 * it anew each second, so that whoever waits sees the time pass.
 */
final class TickingProgress implements AutoCloseable {
  private static final long TICK_MILLIS = 1000;

  private final Progress progress;
  private final ShutdownHook onStop;
  private Runnable line = () -> {};
  private boolean over;

  private TickingProgress(Progress progress) {
    this.progress = progress;
    // Ctrl-C must not leave the line there.
    this.onStop = ShutdownHook.add("progress-end", this::end);
  }

  /** {@return progress that ticks until it is closed, which closes {@code progress} too} */
  static TickingProgress of(Progress progress) {
    TickingProgress ticking = new TickingProgress(progress);
    Thread.ofPlatform().name("progress").daemon().start(ticking::tick);
    return ticking;
  }

  /** Says what is being done from now on, and for which part of how many. */
  synchronized void update(String doing, long partNumber, long partCount) {
    if (over) {
      return;
    }
    String what = partCount == 1 ? doing : "%s: %d of %d".formatted(doing, partNumber, partCount);
    show(() -> progress.update(what));
  }

  /** Says what is being done from now on, at once. */
  synchronized void change(String doing) {
    if (!over) {
      progress.change(doing);
      show(() -> progress.update(doing));
    }
  }

  /** Says how much of work in many like parts is done. */
  synchronized void done(String doing, long doneCount, long totalCount) {
    if (!over) {
      show(() -> progress.update(doing, doneCount, totalCount));
    }
  }

  private void show(Runnable what) {
    line = what;
    line.run();
  }

  private synchronized void tick() {
    while (!over) {
      line.run();
      try {
        wait(TICK_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void end() {
    over = true;
    notifyAll();
    progress.close();
  }

  @Override
  public void close() {
    end();
    // Where the process is stopping, the hook finds nothing left to take away.
    onStop.remove();
  }
}
