// SPDX-License-Identifier: Apache-2.0
package org.crashlane;

import java.nio.file.Files;
import java.nio.file.Path;

/** The sources that these tests belong to, for tests that read or rewrite files among them. */
public final class Repository {
  private Repository() {}

  /** {@return the repository's root: the nearest folder above that has the modules} */
  public static Path root() {
    Path start = Path.of("").toAbsolutePath();
    Path folder = start;
    while (!Files.exists(folder.resolve("core/pom.xml"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("not in the repository: " + start);
      }
    }
    return folder;
  }
}
