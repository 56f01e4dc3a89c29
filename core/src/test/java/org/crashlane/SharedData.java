// SPDX-License-Identifier: Apache-2.0
package org.crashlane;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Recorded data that lies beside the repository; tests that need it are skipped without it. */
public final class SharedData {
  private static final String NAME = "CRASHLANE_SHARED";

  private SharedData() {}

  /** {@return the file at {@code path} in the shared data; skips the test where it is not} */
  public static Path require(String path) {
    Path file = root().resolve(path);
    Assumptions.assumeTrue(Files.isReadable(file), () -> "no shared data: " + file);
    return file;
  }

  private static Path root() {
    return Optional.ofNullable(System.getProperty(NAME))
        .or(() -> Optional.ofNullable(System.getenv(NAME)))
        .map(Path::of)
        .orElseGet(() -> Path.of("..", "..", "shared").toAbsolutePath().normalize());
  }
}
