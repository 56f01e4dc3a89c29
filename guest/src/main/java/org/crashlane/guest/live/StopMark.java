// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.arming.Journal;
import org.crashlane.arming.Target;

/**
 * A file that stands while a hand has stopped a running guest, and names the guest's process. The
 * target is locked meanwhile: whoever has the lock and finds a mark knows that the hand was killed,
 * and that the guest, if it is this process still, stands because of it.
 *
 * <p>What stands there under the mark's name and is none of ours, a link or a folder or a file with
 * other words in it, is left alone, and says nothing.
 */
final class StopMark implements AutoCloseable {
  private static final String BEGINNING = "stopped by crashlane: ";
  private static final int BYTES_MAX = 1000;

  private final Path file;

  private StopMark(Path file) {
    this.file = file;
  }

  /**
   * {@return the folders in which a mark may be, whichever of them is there and can be written:
   * that of the journals, and one that lasts until the machine restarts, which a guest does not
   * outlive either}
   */
  static List<Path> folders(Path journalDirectory) {
    return Stream.concat(Stream.of(journalDirectory), runtimeFolders().stream()).toList();
  }

  /** {@return those of them that are there whether or not anything was ever armed} */
  static List<Path> runtimeFolders() {
    String named = System.getenv().getOrDefault("XDG_RUNTIME_DIR", "");
    return List.of(Path.of(named.startsWith("/") ? named : "/run"));
  }

  /** {@return where a mark about {@code target} may be} */
  static List<Path> files(List<Path> folders, Target target) {
    return folders.stream()
        .map(folder -> Journal.fileFor(folder, target))
        .map(journal -> journal.resolveSibling("crashlane-" + journal.getFileName() + ".stopped"))
        .toList();
  }

  /**
   * {@return the mark that a killed hand has left, to be closed when the guest runs again}
   *
   * @param process the guest's, see {@link GuestProcess#nameOf}
   */
  static Optional<StopMark> left(List<Path> files, String process) {
    return files.stream()
        .filter(file -> content(file).equals(Optional.of(BEGINNING + process)))
        .findFirst()
        .map(StopMark::new);
  }

  /**
   * {@return the mark, set in the first file that can be written, to be closed when the guest runs
   * again; nothing if none can}
   */
  static Optional<StopMark> set(List<Path> files, String process) {
    return files.stream()
        .filter(file -> write(file, BEGINNING + process))
        .findFirst()
        .map(StopMark::new);
  }

  /** {@return what stands in a file; nothing if it is missing, cannot be read, or is no file} */
  private static Optional<String> content(Path file) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= BYTES_MAX
          ? Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean write(Path file, String text) {
    boolean ours =
        content(file).filter(old -> old.isEmpty() || old.startsWith(BEGINNING)).isPresent();
    if (!ours && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try {
      Files.write(
          file,
          (text + "\n").getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (IOException e) {
      // On a full disk it may be there, and empty: that says nothing.
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
