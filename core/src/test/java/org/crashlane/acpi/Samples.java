// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The real tables that are in the repository; ATTRIBUTION.md beside them names their source. */
public final class Samples {
  private Samples() {}

  /** {@return their names} */
  public static List<String> names() {
    return List.of(
        "asus-gu605mv",
        "asus-z790",
        "dell-latitude-7480",
        "dell-poweredge-r820",
        "dell-precision-t7500",
        "supermicro-x10dai");
  }

  /** {@return the table {@code name}} */
  public static byte[] bytes(String name) {
    try (InputStream in = Samples.class.getResourceAsStream("/acpi/" + name + ".dat")) {
      if (in == null) {
        throw new IllegalArgumentException("no such sample: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
