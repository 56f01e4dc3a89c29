// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest;

/** What is done when the process is told to stop (Ctrl-C, SIGTERM), unless taken back before. */
public final class ShutdownHook {
  private final Thread thread;

  private ShutdownHook(Thread thread) {
    this.thread = thread;
  }

  /**
   * {@return a hook that runs {@code task} when the process stops}
   *
   * @throws IllegalStateException if it is stopping
   */
  public static ShutdownHook add(String name, Runnable task) {
    ShutdownHook hook = new ShutdownHook(new Thread(task, name));
    Runtime.getRuntime().addShutdownHook(hook.thread);
    return hook;
  }

  /** Takes it back; {@return false if the process is stopping: then the hook runs} */
  public boolean remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
      return true;
    } catch (IllegalStateException stopping) {
      return false;
    }
  }

  /** {@return true if the process is stopping: then it takes no more hooks} */
  public static boolean isStopping() {
    try {
      return !add("probe", () -> {}).remove();
    } catch (IllegalStateException stopping) {
      return true;
    }
  }
}
