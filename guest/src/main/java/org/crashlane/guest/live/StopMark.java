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
 * Files that exist while a hand has stopped a running guest, and name the guest's process and, once
 * it is stopped, what its processors were doing. The target is locked meanwhile: whoever has the
 * lock and finds a mark knows that the hand was killed, and that the guest, if it is this process
 * still and its processors have not moved, is stopped because of it.
 *
 * <p>What stands there under the mark's name and is none of ours, a link or a folder or a file with
 * other words in it, is left alone, and says nothing.
 */
final class StopMark implements AutoCloseable {
  private static final String BEGINNING = "stopped by crashlane: ";
  private static final int BYTES_MAX = 1000;

  private static final String PROCESSORS = ", processors ";

  private final List<Path> files;
  private final String process;

  private StopMark(List<Path> files, String process) {
    this.files = List.copyOf(files);
    this.process = process;
  }

  /**
   * {@return the folders in which a mark is set, as far as they exist and can be written: that of
   * the journals, which lasts, and one that every command knows}
   */
  static List<Path> folders(Path journalDirectory) {
    return Stream.concat(Stream.of(journalDirectory), runtimeFolders().stream()).toList();
  }

  /**
   * {@return those of them that exist whether or not anything was ever armed: they last until the
   * machine restarts, or the user's last session ends}
   */
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
   * {@return the mark that a killed hand has left, to be closed when the guest runs}
   *
   * @param process the guest's, see {@link GuestProcess#nameOf}
   */
  static Optional<StopMark> left(List<Path> files, String process) {
    return of(files.stream().filter(file -> isAbout(file, process)).toList(), process);
  }

  /**
   * {@return the mark, set in each file that can be written, to be closed when the guest runs
   * again; nothing if none can}
   */
  static Optional<StopMark> set(List<Path> files, String process) {
    return of(files.stream().filter(file -> write(file, BEGINNING + process)).toList(), process);
  }

  private static Optional<StopMark> of(List<Path> files, String process) {
    return files.isEmpty() ? Optional.empty() : Optional.of(new StopMark(files, process));
  }

  private static boolean isAbout(Path file, String process) {
    String first = content(file).orElse("").lines().findFirst().orElse("");
    return first.equals(BEGINNING + process) || first.startsWith(BEGINNING + process + PROCESSORS);
  }

  /**
   * Notes what the processors of the stopped guest are doing. Where it cannot be noted the mark
   * says as much as before.
   *
   * @param processors equal as long as the guest does not run
   */
  void note(String processors) {
    files.forEach(file -> append(file, BEGINNING + process + PROCESSORS + processors));
  }

  private static void append(Path file, String text) {
    try {
      Files.write(
          file,
          line(text),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      // The first line says whose it is.
      return;
    }
  }

  /**
   * {@return false if the guest has run since it was stopped: who stopped it then was not the hand}
   */
  boolean isOf(String processors) {
    String beginning = BEGINNING + process + PROCESSORS;
    List<String> noted =
        files.stream()
            .flatMap(file -> content(file).orElse("").lines())
            .filter(line -> line.startsWith(beginning))
            .toList();
    return noted.isEmpty() || noted.contains(beginning + processors);
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
          line(text),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (IOException e) {
      discardIfEmpty(file);
      return false;
    }
  }

  /** What a full disk has made of a mark goes, if it can; it says nothing. */
  private static void discardIfEmpty(Path file) {
    try {
      if (content(file).equals(Optional.of(""))) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return;
    }
  }

  private static byte[] line(String text) {
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
