// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which Linux the lab boots, as users name it. */
public sealed interface KernelSpec {
  /** The newest that the host's own apt knows. */
  record Host() implements KernelSpec {}

  /**
   * The newest of a series that any of Debian's suites has.
   *
   * @param number such as {@code 6.12}
   */
  record Series(String number) implements KernelSpec {}

  /**
   * One of them.
   *
   * @param name as {@code uname -r} gives it, such as {@code 6.12.90+deb13-amd64}
   */
  record Release(String name) implements KernelSpec {}

  /**
   * The newest of a suite of Debian's.
   *
   * @param name such as {@code trixie-backports}
   */
  record Suite(String name) implements KernelSpec {}

  /**
   * Packages of Debian's form.
   *
   * @param files at least one {@code .deb}
   */
  record Packages(List<Path> files) implements KernelSpec {
    public Packages {
      files = List.copyOf(files);
    }
  }

  /**
   * A kernel that somebody built.
   *
   * @param file a {@code bzImage}
   * @param modules a directory that holds {@code lib/modules/RELEASE}, as {@code make
   *     modules_install} makes it; without it all that the lab needs is taken to be built in
   */
  record Image(Path file, Optional<Path> modules) implements KernelSpec {}

  /** {@return what stands for it in names of files} */
  default String key() {
    return switch (this) {
      case Host _ -> "host";
      case Series(String number) -> number;
      case Release(String name) -> name;
      case Suite(String name) -> name;
      case Packages(List<Path> files) -> "packages-" + Integer.toHexString(files.hashCode());
      case Image(Path file, Optional<Path> modules) ->
          "image-" + Integer.toHexString(List.of(file, modules).hashCode());
    };
  }

  /**
   * {@return the configuration that a kernel has by its name} One that somebody built is taken to
   * have all drivers: what it may detect is hidden from it.
   */
  default Optional<KernelFlavour> flavour() {
    return switch (this) {
      case Host _, Series _, Suite _ -> Optional.empty();
      case Release(String name) -> Optional.of(named(name));
      case Packages(List<Path> files) ->
          Optional.of(named(files.stream().map(Path::getFileName).toList().toString()));
      case Image _ -> Optional.of(KernelFlavour.FULL);
    };
  }

  private static KernelFlavour named(String name) {
    return name.contains("-cloud-") ? KernelFlavour.CLOUD : KernelFlavour.FULL;
  }

  /** {@return true if Debian's suites have to be asked, not the host's apt} */
  default boolean isOfSuites() {
    return switch (this) {
      case Series _, Release _, Suite _ -> true;
      case Host _, Packages _, Image _ -> false;
    };
  }

  /** How a text is taken for a {@link KernelSpec}. */
  final class Reader {
    private static final Pattern SERIES = Pattern.compile("[0-9]+\\.[0-9]+");
    private static final Pattern RELEASE = Pattern.compile("[0-9]+\\.[0-9]+[.-][0-9A-Za-z.+~-]+");

    private Reader() {}

    /**
     * {@return the kernel that {@code text} names: a series, a release, a suite, a {@code .deb}, a
     * directory of them, or a kernel's file} Whether a file is there is seen when it is read.
     *
     * @throws IllegalArgumentException if it is none of them, saying what was expected
     */
    public static KernelSpec read(String text) {
      Path file = Path.of(text).toAbsolutePath();
      if (!text.isEmpty() && Files.isDirectory(file)) {
        return packages(text, debs(file));
      }
      if (text.endsWith(".deb")) {
        return new Packages(List.of(file));
      }
      if (!text.isEmpty() && (text.contains("/") || Files.exists(file))) {
        return new Image(file, Optional.empty());
      }
      if (SERIES.matcher(text).matches()) {
        return new Series(text);
      }
      if (Suites.NAMES.contains(text)) {
        return new Suite(text);
      }
      if (RELEASE.matcher(text).matches()) {
        return new Release(text);
      }
      throw new IllegalArgumentException(
          "'%s' is no kernel: expected cloud, full, a series (6.12), a release (6.1.0-50-amd64), a suite (%s), a"
                  .formatted(text, String.join(", ", Suites.NAMES))
              + " .deb or a directory of them, or a kernel's file (bzImage)");
    }

    private static KernelSpec packages(String directory, List<Path> files) {
      if (files.isEmpty()) {
        throw new IllegalArgumentException(directory + ": no .deb is in this directory");
      }
      return new Packages(files);
    }

    private static List<Path> debs(Path directory) {
      try (var files = Files.list(directory)) {
        return files
            .filter(file -> file.toString().endsWith(".deb"))
            .map(Path::toAbsolutePath)
            .sorted()
            .toList();
      } catch (IOException e) {
        throw new IllegalArgumentException(directory + ": cannot be read: " + e.getMessage(), e);
      }
    }
  }
}
