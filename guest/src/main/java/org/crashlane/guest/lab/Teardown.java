// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.crashlane.guest.ShutdownHook;

/**
 * What must be undone when a run ends, in reverse order, whichever way it ends: also when the JVM
 * is told to stop.
 */
final class Teardown implements AutoCloseable {
  private final Deque<Step> steps = new ArrayDeque<>();
  private volatile boolean over;
  private Optional<IOException> firstFailure = Optional.empty();
  private final ShutdownHook hook = ShutdownHook.add("lab-teardown", this::run);

  /** Undoes one thing. */
  interface Step {
    void run() throws IOException;
  }

  /** {@return a teardown that also runs when the JVM stops} */
  static Teardown register() {
    return new Teardown();
  }

  /**
   * Adds a step; it runs before those added earlier.
   *
   * @throws IOException if all is being undone already; the step has then been run too
   */
  synchronized void add(Step step) throws IOException {
    if (over) {
      step.run();
      throw new IOException("the run was stopped");
    }
    steps.push(step);
  }

  /** {@return true as soon as it has begun} */
  boolean isOver() {
    return over;
  }

  /** Runs all steps, each once, also behind one that fails. */
  private synchronized void run() {
    over = true;
    while (!steps.isEmpty()) {
      try {
        steps.pop().run();
      } catch (IOException e) {
        firstFailure.ifPresent(first -> first.addSuppressed(e));
        firstFailure = firstFailure.or(() -> Optional.of(e));
      }
    }
  }

  /**
   * Runs all steps.
   *
   * @throws IOException of the first that failed, after the rest
   */
  @Override
  public void close() throws IOException {
    run();
    if (!hook.remove()) {
      // It finds nothing left to do.
      return;
    }
    Optional<IOException> failure;
    synchronized (this) {
      failure = firstFailure;
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
