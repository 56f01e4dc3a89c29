// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.crashlane.arming.Target;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.PhysicalMemory;

/**
 * A guest that is looked at and never written to. Its memory may be anywhere: in files, in its
 * process alone, or, where that may not be looked at, behind its monitor.
 */
public final class GuestReader extends Guest {
  private final AskedMemory memory;
  private final Target target;

  private GuestReader(QmpClient qmp, FlatView view, AskedMemory memory, Target target) {
    super(qmp, true, view);
    this.memory = memory;
    this.target = target;
  }

  /**
   * Attaches to a guest by its control socket, which nobody else may hold.
   *
   * @throws IOException if the socket is gone, held or not QEMU's, or the guest's memory is
   *     encrypted
   */
  public static GuestReader attach(Path socket) throws IOException {
    QmpClient qmp = QmpClient.connect(socket);
    try {
      EncryptedMemory.requireNone(qmp);
      FlatView view = view(qmp);
      AskedMemory memory = AskedMemory.of(qmp, view, qmp.processId());
      return new GuestReader(qmp, view, memory, target(qmp, view, memory.isOfProcess()));
    } catch (IOException | RuntimeException e) {
      qmp.close();
      throw e;
    }
  }

  /**
   * Where hands may write, they lock the memory file; elsewhere none does. A process that has the
   * guest's memory is the guest, whichever of its sockets is used; another may speak for several.
   */
  private static Target target(QmpClient qmp, FlatView view, boolean ofProcess) throws IOException {
    Optional<Path> file = LiveGuest.findMemoryFile(qmp, view);
    if (file.isPresent()) {
      return Target.ofFile(file.get());
    }
    String process = GuestProcess.nameOf(qmp);
    return ofProcess
        ? new Target(process, process)
        : new Target(qmp.socket().toString(), process + " at " + qmp.socket().toRealPath());
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  /**
   * {@return what the guest's IOMMU tables say now} It is stopped meanwhile where a mark can be set
   * for the case that this process is killed; nothing else is written anywhere.
   */
  public GuestTables walk() throws IOException {
    return GuestTables.look(this, target, StopMark.runtimeFolders());
  }

  @Override
  public void close() {
    memory.close();
    super.close();
  }
}
