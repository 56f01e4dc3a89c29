// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

  private static Path create(Path directory) throws IOException {
    try {
      return Files.createDirectories(directory);
    } catch (FileAlreadyExistsException e) {
      throw new FileSystemException(e.getFile(), null, "a file, where a directory is wanted");
    } catch (NoSuchFileException e) {
      throw new FileSystemException(directory.toString(), null, "cannot be made there");
    }
  }
}
