// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.rehearsal.Scenario;

/**
 * Where the evidence of rehearsals is kept: a folder for each, named after the scenario. Files of
 * the same rehearsal kept there before are replaced; all others are left alone.
 */
public final class KeepDirectory {
  /** The verdict as text; whoever reports writes it. */
  public static final String VERDICT_TEXT = "verdict.txt";

  /** The verdict as JSON; whoever reports writes it. */
  public static final String VERDICT_JSON = "verdict.json";

  private final Path directory;
  private final List<IOException> problems = new ArrayList<>();

  /** Keeps something in the folder it is given. */
  @FunctionalInterface
  public interface Keeping {
    void in(Path folder) throws IOException;
  }

  private KeepDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes the directory where it is missing, and finds out whether it can be written.
   *
   * @throws IOException if it cannot, with the path
   */
  public static KeepDirectory open(Path directory) throws IOException {
    create(directory);
    Files.delete(Files.createTempFile(directory, ".crashlane", ""));
    return new KeepDirectory(directory);
  }

  /** {@return the folder of {@code scenario}, made if it is missing: {@code identity-inside}} */
  public Path folder(Scenario scenario) throws IOException {
    String hand = scenario.hand().map(h -> "-" + h.label()).orElse("");
    return create(directory.resolve(scenario.strategy().label() + hand));
  }

  /** Keeps something of {@code scenario}. Where it cannot, that is noted, and nothing else lost. */
  public void keep(Scenario scenario, Keeping work) {
    try {
      work.in(folder(scenario));
    } catch (IOException e) {
      problems.add(e);
    }
  }

  /** {@return what could not be kept} */
  public List<IOException> problems() {
    return List.copyOf(problems);
  }

  /**
   * Writes a file of its own name only when it is whole: a full disk leaves nothing that looks like
   * evidence and is cut.
   *
   * @throws FileSystemException if it cannot, with the path
   */
  static void write(Path file, Keeping writer) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
    try {
      Files.deleteIfExists(unfinished);
      writer.in(unfinished);
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      // What a channel or a stream reports names no file.
      FileSystemException named = new FileSystemException(file.toString(), null, e.getMessage());
      named.initCause(e);
      throw named;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** Writes a text; see {@link #write(Path, Keeping)}. */
  public static void writeText(Path file, String text) throws IOException {
    write(file, unfinished -> Files.writeString(unfinished, text));
  }

  private static Path create(Path directory) throws IOException {
    try {
      return Files.createDirectories(directory);
    } catch (FileAlreadyExistsException e) {
      throw new FileSystemException(e.getFile(), null, "expected a directory, not a file");
    } catch (NoSuchFileException e) {
      throw new FileSystemException(directory.toString(), null, "cannot be made there");
    }
  }
}
