// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.nio.file.Path;

/** Which QEMU runs the guests, as users name it. */
public sealed interface QemuSpec {
  /** The host's. */
  record Host() implements QemuSpec {
    @Override
    public String toString() {
      return "the host's";
    }
  }

  /**
   * One that somebody has.
   *
   * @param file a {@code qemu-system-x86_64}
   */
  record Program(Path file) implements QemuSpec {
    @Override
    public String toString() {
      return file.toString();
    }
  }

  /**
   * That of a suite of Debian's, unpacked in the cache.
   *
   * @param name such as {@code bookworm-backports}
   */
  record Suite(String name) implements QemuSpec {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * {@return the QEMU that {@code text} names: a suite, or a program's file} Whether the file is
   * there is seen when it is asked for its version.
   *
   * @throws IllegalArgumentException if it is neither, saying what was expected
   */
  static QemuSpec read(String text) {
    if (Suites.NAMES.contains(text)) {
      return new Suite(text);
    }
    if (text.contains("/")) {
      return new Program(Path.of(text).toAbsolutePath());
    }
    throw new IllegalArgumentException(
        "'%s' is no QEMU: expected a suite (%s), or the path of a qemu-system-x86_64 (with a /)"
            .formatted(text, String.join(", ", Suites.NAMES)));
  }
}
