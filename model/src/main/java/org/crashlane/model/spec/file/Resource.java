// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Files that are part of the module. */
final class Resource {
  private static final String FOLDER = "/org/crashlane/model/spec/";

  private Resource() {}

  /** {@return the text of a file that is there} */
  static String text(String name) {
    try (InputStream in = Resource.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException("not part of the program: " + FOLDER + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(FOLDER + name, e);
    }
  }
}
