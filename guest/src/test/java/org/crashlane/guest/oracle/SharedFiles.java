// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Files that lie beside the repository, not in it. */
final class SharedFiles {
  private static final String NAME = "CRASHLANE_SHARED";

  private SharedFiles() {}

  /** {@return the file at {@code path} there; the test is skipped where it is not} */
  static Path require(String path) {
    Optional<Path> file =
        Stream.of(
                Optional.ofNullable(System.getProperty(NAME)),
                Optional.ofNullable(System.getenv(NAME)),
                Optional.of("../shared"),
                Optional.of("../../shared"))
            .flatMap(Optional::stream)
            .map(folder -> Path.of(folder).resolve(path))
            .filter(Files::isRegularFile)
            .findFirst();
    Assumptions.assumeTrue(file.isPresent(), "no shared file " + path);
    return file.orElseThrow();
  }
}
