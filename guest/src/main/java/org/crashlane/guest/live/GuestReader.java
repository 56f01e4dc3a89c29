// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.crashlane.arming.Target;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/**
 * A guest that is looked at and never written to. Its memory may be anywhere: in files, in its
 * process alone, or, where that may not be looked at, behind its monitor.
 */
public final class GuestReader extends Guest {
  private final AskedMemory memory;
  private final List<MappedImage.Part> parts;
  private final Target target;

  private GuestReader(
      QmpClient qmp,
      FlatView view,
      AskedMemory memory,
      List<MappedImage.Part> parts,
      Target target) {
    super(qmp, true, view);
    this.memory = memory;
    this.parts = parts;
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
      List<MappedImage.Part> files = LiveGuest.findParts(qmp, view);
      Target target =
          files.isEmpty()
              ? target(qmp, memory.isOfProcess())
              : Target.ofFile(files.getFirst().file());
      return new GuestReader(qmp, view, memory, files.isEmpty() ? memory.parts() : files, target);
    } catch (IOException | RuntimeException e) {
      qmp.close();
      throw e;
    }
  }

  /**
   * Where memory is in files, which is where hands may write, they lock the first; elsewhere none
   * does. A process that has the guest's memory is the guest, whichever of its sockets is used;
   * another may speak for several.
   */
  private static Target target(QmpClient qmp, boolean ofProcess) throws IOException {
    String process = GuestProcess.nameOf(qmp);
    return ofProcess
        ? new Target(process, process)
        : new Target(qmp.socket().toString(), process + " at " + qmp.socket().toRealPath());
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  @Override
  SparingReader sparingReader() throws IOException {
    if (parts.isEmpty()) {
      throw new IOException(
          qmp().socket()
              + ": the guest's memory can be asked of QEMU's monitor only, which is too slow to"
              + " look for a capture kernel: run this as the user that QEMU runs as");
    }
    return SparingReader.open(parts);
  }

  /**
   * What was read in one moment.
   *
   * @param tables what the guest's IOMMU tables say
   * @param judged the rule's verdict on them
   */
  public record Judged(GuestTables tables, Judgement judged) {}

  /**
   * {@return what the guest's IOMMU tables say now, and the rule's verdict on that} As {@link
   * #walk}, it writes nothing.
   *
   * @param devices who is on the dump path; all storage controllers if empty
   */
  public Judged judge(List<AddressRange> crashRanges, Set<RequesterId> devices) throws IOException {
    GuestJudge judge = new GuestJudge(this, GuestLife.LIVING, crashRanges, devices);
    return GuestTables.whileStopped(
        this,
        target,
        StopMark.runtimeFolders(),
        (stopped, tables) -> {
          Judgement judged = judge.judge(tables);
          GuestTables read = GuestTables.read(this, stopped, tables, pciFunctions());
          return new Judged(
              read,
              read.readWhileRunning() ? judged.with(List.of(GuestJudge.unstopped())) : judged);
        });
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
