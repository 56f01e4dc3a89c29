// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What must be undone when a run ends, in reverse order, whichever way it ends: also when the JVM
 * is told to stop (Ctrl-C, SIGTERM), by a shutdown hook.
 */
final class Teardown implements AutoCloseable {
  private final Deque<Step> steps = new ArrayDeque<>();
  private final Thread hook = new Thread(this::run, "lab-teardown");
  private IOException firstFailure;

  /** Undoes one thing. */
  interface Step {
    void run() throws IOException;
  }

  /** {@return a teardown that also runs when the JVM stops} */
  static Teardown register() {
    Teardown teardown = new Teardown();
    Runtime.getRuntime().addShutdownHook(teardown.hook);
    return teardown;
  }

  /** Adds a step; it runs before those added earlier. */
  synchronized void add(Step step) {
    steps.push(step);
  }

  /** Runs all steps, each once, also behind one that fails. */
  private synchronized void run() {
    while (!steps.isEmpty()) {
      try {
        steps.pop().run();
      } catch (IOException e) {
        if (firstFailure == null) {
          firstFailure = e;
        } else {
          firstFailure.addSuppressed(e);
        }
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
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException jvmIsStopping) {
      return; // the hook runs, or has run, what was left
    }
    IOException failure;
    synchronized (this) {
      failure = firstFailure;
    }
    if (failure != null) {
      throw failure;
    }
  }
}
