// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.crashlane.guest.lab.net.CardWatch;
import org.crashlane.guest.qmp.QmpClient;

/**
 * Waiting for a capture kernel. One that does not get to its end is an outcome, not a failure of
 * the lab.
 *
 * @param console the guest's
 * @param panic the line at which the primary panicked
 * @param cards those whose frames count once it runs
 * @param progress told each phase when it begins
 * @param watch told each phase when it ends
 * @param teardown over when the run is told to stop
 */
record CaptureWait(
    SerialConsole console,
    int panic,
    List<CardWatch> cards,
    Consumer<Phase> progress,
    PhaseTimes.Watch watch,
    Teardown teardown) {
  private static final Duration LAST_WORDS_LIMIT = Duration.ofSeconds(3);

  /** RunState in QEMU's qapi/run-state.json. */
  private static final String STATUS_OF_RUNNING = "running";

  private static final Duration POLL = Duration.ofMillis(250);

  /** Waits for one that runs the lab's system, which says when it is done. */
  CaptureEnd untilDone() throws IOException {
    try {
      int up = await(Phase.CRASH, panic + 1, "capture", PhaseLimits.CRASH);
      if (Transcript.isPanic(console.lines().get(up))) {
        return died(up);
      }
      begin();
      int done = await(Phase.CAPTURE, up, "done", PhaseLimits.CAPTURE);
      if (Transcript.isPanic(console.lines().get(done))) {
        return died(done);
      }
      watch.ends(Phase.CAPTURE);
      return CaptureEnd.DONE;
    } catch (LabException e) {
      if (teardown.isOver()) {
        throw e;
      }
      watch.ends(e.phase());
      return CaptureEnd.NOT_DONE;
    }
  }

  /** Waits for one of which nothing is known: it is done when the guest stops of itself. */
  CaptureEnd untilPoweredOff(QmpClient qmp) throws IOException {
    begin();
    long endNanos = System.nanoTime() + PhaseLimits.GIVEN_CAPTURE.toNanos();
    boolean runs = true;
    while (runs && System.nanoTime() < endNanos) {
      pause();
      runs = qmp.status().equals(STATUS_OF_RUNNING);
    }
    watch.ends(Phase.CAPTURE);
    List<String> lines = console.lines();
    if (lines.subList(panic + 1, lines.size()).stream().anyMatch(Transcript::isPanic)) {
      return CaptureEnd.DIED;
    }
    return runs ? CaptureEnd.NOT_DONE : CaptureEnd.DONE;
  }

  private void begin() {
    watch.ends(Phase.CRASH);
    cards.forEach(CardWatch::captureRuns);
    progress.accept(Phase.CAPTURE);
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the dump was written");
    }
  }

  /** One that panics comes no further: nobody waits until its time is up. */
  private int await(Phase phase, int from, String key, Duration limit) throws IOException {
    return console.await(
        phase, from, line -> Transcript.has(line, key) || Transcript.isPanic(line), limit);
  }

  /** What it prints of its death is evidence; there may be nothing more, and that is no failure. */
  private CaptureEnd died(int at) throws IOException {
    try {
      console.await(Phase.CAPTURE, at, Transcript::isEndOfPanic, LAST_WORDS_LIMIT);
    } catch (LabException silent) {
      if (teardown.isOver()) {
        throw silent;
      }
    }
    watch.ends(Phase.CAPTURE);
    return CaptureEnd.DIED;
  }
}
