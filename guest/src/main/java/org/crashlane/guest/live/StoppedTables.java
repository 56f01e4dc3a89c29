// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crashlane.arming.TargetLock;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The tables of a guest that is stopped while they are read and written, with a mark for the case
 * that this process is killed meanwhile. Its memory file is locked by the caller: under the lock it
 * is this hand that stopped the guest, or nobody's, and none continues it in between.
 */
final class StoppedTables {
  /** An AMD device table alone has 512. */
  private static final int COMPARED_PAGES_MAX = 16;

  private final Guest guest;
  private final List<Path> markFolders;
  private boolean readWhileRunning;

  /**
   * @param markFolders where a mark may be, see {@link StopMark#folders}
   */
  StoppedTables(Guest guest, List<Path> markFolders) {
    this.guest = guest;
    this.markFolders = List.copyOf(markFolders);
  }

  /** What is done with the tables. */
  @FunctionalInterface
  interface Work<T> {
    T run(TranslationTables tables) throws IOException;
  }

  /** Why a guest is stopped. */
  enum Purpose {
    /** To read its tables: where no mark can be set, while it runs. */
    LOOK,
    /** To write to it, perhaps: never while it runs. */
    WRITE
  }

  /** {@return true if the guest could not be stopped for what was done last} */
  boolean readWhileRunning() {
    return readWhileRunning;
  }

  /**
   * Does {@code work} while the guest is stopped. One that its owner has stopped stays so; one that
   * a killed hand has left stopped goes on afterwards; one that has run since is its owner's.
   * Without a mark a guest is not stopped: it is looked at as it runs, and not written to.
   */
  <T> T during(TargetLock held, Purpose purpose, Work<T> work) throws IOException {
    List<Path> marks = StopMark.files(markFolders, held.target());
    String process = GuestProcess.nameOf(guest.qmp());
    boolean running = guest.qmp().isRunning();
    Optional<StopMark> left = left(marks, process, running);
    readWhileRunning = false;
    if (left.isEmpty() && !running) {
      return run(work);
    }
    Optional<StopMark> mark = left.or(() -> StopMark.set(marks, process));
    if (mark.isPresent()) {
      return guest.stoppedThenRunning(mark.get(), () -> run(work));
    }
    if (purpose == Purpose.WRITE) {
      throw new IOException(
          markFolders.getFirst()
              + ": cannot be written: the guest is not stopped, nothing was written");
    }
    readWhileRunning = true;
    return run(work);
  }

  /** Lets the guest run on if a killed hand has left it stopped. */
  void letRun(TargetLock held) throws IOException {
    List<Path> marks = StopMark.files(markFolders, held.target());
    String process = GuestProcess.nameOf(guest.qmp());
    Optional<StopMark> left = left(marks, process, guest.qmp().isRunning());
    if (left.isPresent()) {
      StoppedGuest.stop(guest.qmp(), left.get()).close();
    }
  }

  /** {@return the mark of a killed hand} One that is out of date is taken away. */
  private Optional<StopMark> left(List<Path> marks, String process, boolean running)
      throws IOException {
    Optional<StopMark> left = StopMark.left(marks, process);
    if (left.isEmpty() || (!running && left.get().isOf(guest.processorsDigest()))) {
      return left;
    }
    left.get().close();
    return Optional.empty();
  }

  private <T> T run(Work<T> work) throws IOException {
    try {
      TranslationTables tables = guest.tables();
      if (!tables.state().isPassing()) {
        guest.requireSameMemory(
            tables.devices().pages().stream()
                .limit(COMPARED_PAGES_MAX)
                .map(AddressRange::first)
                .toList());
      }
      return work.run(tables);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (UnreadableMemoryException e) {
      throw new IOException(guest.qmp().socket() + ": " + e.getMessage(), e);
    }
  }
}
