// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.Set;
import org.crashlane.guest.ShutdownHook;
import org.crashlane.guest.qmp.QmpClient;

/** A guest that stands until this is closed, or until the process ends by anything but SIGKILL. */
final class StoppedGuest implements AutoCloseable {
  private final QmpClient qmp;
  private final StopMark mark;
  private final ShutdownHook atExit;

  private StoppedGuest(QmpClient qmp, StopMark mark) {
    this.qmp = qmp;
    this.mark = mark;
    this.atExit = ShutdownHook.add("cont-at-exit", this::contAtExit);
  }

  /** Where a migration has ended a guest, it runs elsewhere. */
  private static final Set<String> ELSEWHERE = Set.of("postmigrate", "finish-migrate");

  /**
   * Stops a guest, or takes over one that is stopped.
   *
   * @param mark which says so, and is gone when the guest runs again
   */
  static StoppedGuest stop(QmpClient qmp, StopMark mark) throws IOException {
    StoppedGuest guest = new StoppedGuest(qmp, mark);
    try {
      qmp.stop();
      return guest;
    } catch (IOException e) {
      // QEMU may still obey, late: what it may have stopped is continued.
      try {
        guest.close();
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    cont();
    // Where the process is ending, the hook continues the guest once more, which changes nothing.
    atExit.remove();
  }

  private void cont() throws IOException {
    if (!ELSEWHERE.contains(qmp.status())) {
      qmp.cont();
    }
    mark.close();
  }

  private void contAtExit() {
    try {
      cont();
    } catch (IOException e) {
      System.getLogger(StoppedGuest.class.getName())
          .log(
              System.Logger.Level.ERROR,
              qmp.socket()
                  + ": the guest may be stopped; continue it by 'cont': "
                  + e.getMessage());
    }
  }
}
