// SPDX-License-Identifier: Apache-2.0
package org.crashlane.evidence;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Evidence too large for the repository: recorded probes, tables of many machines. Tests that read
 * it are skipped where it is not.
 *
 * <p>It is looked for at the system property {@code crashlane.shared}, the environment variable
 * {@code CRASHLANE_SHARED}, and {@code shared} beside the repository.
 */
public final class SharedFiles {
  private SharedFiles() {}

  /**
   * {@return the file or folder {@code name} of the evidence; skips the test if it is not there}
   */
  public static Path require(String name) {
    Path path = root().resolve(name);
    assumeTrue(Files.exists(path), () -> "not here: " + path);
    return path;
  }

  /** {@return the repository's root: the folder above that has the modules} */
  public static Path repository() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("core/pom.xml"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("not in the repository: " + Path.of("").toAbsolutePath());
      }
    }
    return folder;
  }

  private static Path root() {
    String property = System.getProperty("crashlane.shared", System.getenv("CRASHLANE_SHARED"));
    return property == null ? repository().resolveSibling("shared") : Path.of(property);
  }
}
