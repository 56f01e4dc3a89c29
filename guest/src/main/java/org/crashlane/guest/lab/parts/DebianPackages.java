// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Debian's packages, downloaded and unpacked into a directory, never installed: no boot loader, no
 * initramfs and no other hook of the host runs, and no root is needed.
 */
final class DebianPackages {
  private static final Duration QUERY_LIMIT = Duration.ofSeconds(60);
  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(10);
  private static final Duration UNPACK_LIMIT = Duration.ofMinutes(5);

  private DebianPackages() {}

  /**
   * {@return the packages that {@code name} depends on and that begin with {@code prefix}}
   *
   * @throws PartsUnavailableException if apt does not know {@code name}, also after renewing its
   *     lists
   */
  static List<String> dependencies(String name, String prefix, Consumer<String> progress)
      throws PartsUnavailableException {
    List<String> argv = List.of("apt-cache", "depends", name);
    String text;
    try {
      text = Command.run(Path.of("/"), QUERY_LIMIT, argv);
    } catch (IOException listsMissing) {
      String trouble = HostPrograms.updateLists(progress);
      text = query(argv, "apt knows no package " + name, trouble);
    }
    List<String> found = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String trimmed = line.strip();
      if (trimmed.startsWith("Depends: " + prefix)) {
        found.add(trimmed.substring("Depends: ".length()));
      }
    }
    return found;
  }

  /** {@return the version apt would download} */
  static String candidateVersion(String name) throws PartsUnavailableException {
    String text =
        query(
            List.of("apt-cache", "show", "--no-all-versions", name), "cannot look up " + name, "");
    return text.lines()
        .filter(line -> line.startsWith("Version: "))
        .map(line -> line.substring("Version: ".length()))
        .findFirst()
        .orElseThrow(() -> new PartsUnavailableException("apt knows no version of " + name));
  }

  /** Downloads {@code names} and unpacks them into {@code into}; the archives are not kept. */
  static void unpack(List<String> names, Path into, Consumer<String> progress) throws IOException {
    Path downloads = Files.createDirectories(into.resolve(".downloads"));
    progress.accept("downloading " + String.join(" ", names));
    List<String> argv = new ArrayList<>(List.of("apt-get", "download", "--quiet"));
    argv.addAll(names);
    try {
      Command.run(downloads, DOWNLOAD_LIMIT, argv);
    } catch (IOException e) {
      throw new PartsUnavailableException(
          "cannot download " + String.join(" ", names) + ": " + Command.inShort(e), e);
    }
    try (DirectoryStream<Path> archives = Files.newDirectoryStream(downloads, "*.deb")) {
      for (Path archive : archives) {
        Command.run(
            into, UNPACK_LIMIT, List.of("dpkg-deb", "-x", archive.toString(), into.toString()));
        Files.delete(archive);
      }
    }
    Files.delete(downloads);
  }

  private static String query(List<String> argv, String failure, String trouble)
      throws PartsUnavailableException {
    try {
      return Command.run(Path.of("/"), QUERY_LIMIT, argv);
    } catch (IOException e) {
      throw new PartsUnavailableException(failure + ": " + Command.inShort(e) + trouble, e);
    }
  }
}
