// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Debian's packages, downloaded and unpacked into a directory, never installed: no boot loader, no
 * initramfs and no other hook of the host runs, and no root is needed.
 */
final class DebianPackages {
  /** Of apt: which configuration it takes (apt.conf(5)). */
  private static final String CONFIGURATION = "APT_CONFIG";

  /** {@code apt-cache madison} prints name, version, and where from. */
  private static final int MADISON_CELLS = 3;

  /** What {@code apt-get install --simulate} prints of a package: its name, its version. */
  private static final Pattern TO_INSTALL = Pattern.compile("^Inst (\\S+) \\((\\S+) ");

  private static final Duration QUERY_LIMIT = Duration.ofSeconds(60);

  /** More are counted. */
  private static final int NAMES_SAID_MAX = 16;

  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(10);
  private static final Duration UNPACK_LIMIT = Duration.ofMinutes(5);

  private final Map<String, String> environment;
  private final Consumer<String> progress;

  private DebianPackages(Map<String, String> environment, Consumer<String> progress) {
    this.environment = environment;
    this.progress = progress;
  }

  /** {@return the packages that the host's apt knows} */
  static DebianPackages ofHost(Consumer<String> progress) {
    return new DebianPackages(Map.of(), progress);
  }

  /** {@return those of all suites} Only while the cache's lock is held. */
  static DebianPackages ofSuites(Cache cache, Consumer<String> progress) throws IOException {
    String configuration = Suites.configuration(cache, progress).toString();
    return new DebianPackages(Map.of(CONFIGURATION, configuration), progress);
  }

  /** {@return those that serve {@code spec}} Only while the cache's lock is held. */
  static DebianPackages of(KernelSpec spec, Cache cache, Consumer<String> progress)
      throws IOException {
    return spec.isOfSuites() ? ofSuites(cache, progress) : ofHost(progress);
  }

  /**
   * {@return the packages that {@code name} depends on and that begin with {@code prefix}}
   *
   * @throws PartsUnavailableException if apt does not know {@code name}, also after renewing its
   *     lists
   */
  List<String> dependencies(String name, String prefix) throws PartsUnavailableException {
    List<String> argv = List.of("apt-cache", "depends", name);
    String text;
    try {
      text = Command.run(Path.of("/"), QUERY_LIMIT, environment, argv);
    } catch (IOException listsMissing) {
      if (!environment.isEmpty()) {
        throw new PartsUnavailableException("none of Debian's suites has a package " + name);
      }
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
  String candidateVersion(String name) throws PartsUnavailableException {
    String text =
        query(
            List.of("apt-cache", "show", "--no-all-versions", name), "cannot look up " + name, "");
    // apt also takes a name for a pattern, and shows what it is in.
    boolean isNamed = false;
    for (String line : text.lines().toList()) {
      if (line.startsWith("Package: ")) {
        isNamed = line.equals("Package: " + name);
      } else if (isNamed && line.startsWith("Version: ")) {
        return line.substring("Version: ".length());
      }
    }
    throw new PartsUnavailableException(
        "there is no package " + name + ": 'crashlane kernels' lists what can be had");
  }

  /** Downloads {@code names} and unpacks them into {@code into}; the archives are not kept. */
  void unpack(List<String> names, Path into) throws IOException {
    Path downloads = Files.createDirectories(into.resolve(".downloads"));
    progress.accept(
        names.size() <= NAMES_SAID_MAX
            ? "downloading " + String.join(" ", names)
            : "downloading %d packages: %s ...".formatted(names.size(), names.getLast()));
    List<String> argv = new ArrayList<>(List.of("apt-get", "download", "--quiet"));
    argv.addAll(names);
    try {
      Command.run(downloads, DOWNLOAD_LIMIT, environment, argv);
    } catch (IOException e) {
      throw new PartsUnavailableException(
          "cannot download " + String.join(" ", names) + ": " + Command.inShort(e), e);
    }
    try (DirectoryStream<Path> archives = Files.newDirectoryStream(downloads, "*.deb")) {
      for (Path archive : archives) {
        unpack(archive, into);
        Files.delete(archive);
      }
    }
    Files.delete(downloads);
  }

  /**
   * {@return {@code name} of {@code suite} and all that it depends on, each with its version, from
   * that suite and, where it is one of backports, from the suite that it adds to}
   *
   * @throws PartsUnavailableException if they cannot be found together
   */
  List<String> withDependencies(String suite, String name) throws IOException {
    Path preferences = Files.createTempFile("crashlane-", ".pref");
    try {
      Files.writeString(preferences, Suites.preferring(suite));
      String text =
          query(
              List.of(
                  "apt-get",
                  "install",
                  "--simulate",
                  "--no-install-recommends",
                  "--option",
                  "Dir::Etc::preferences=" + preferences,
                  name),
              "cannot find what %s of %s needs".formatted(name, suite),
              "");
      return text.lines()
          .map(TO_INSTALL::matcher)
          .filter(Matcher::find)
          .map(found -> found.group(1) + "=" + found.group(2))
          .toList();
    } finally {
      Files.delete(preferences);
    }
  }

  /** Unpacks a package that is here. */
  static void unpack(Path archive, Path into) throws IOException {
    Command.run(into, UNPACK_LIMIT, List.of("dpkg-deb", "-x", archive.toString(), into.toString()));
  }

  /** {@return the names of packages that {@code pattern} is in, with their versions} */
  Map<String, String> matching(String pattern) throws PartsUnavailableException {
    Map<String, String> versions = new TreeMap<>();
    String found =
        query(
            List.of("apt-cache", "search", "--names-only", pattern), "cannot search packages", "");
    List<String> names = found.lines().map(line -> line.split(" ", 2)[0]).toList();
    if (names.isEmpty()) {
      return versions;
    }
    List<String> argv = new ArrayList<>(List.of("apt-cache", "show", "--no-all-versions"));
    argv.addAll(names);
    String name = "";
    for (String line : query(argv, "cannot look up " + pattern, "").lines().toList()) {
      if (line.startsWith("Package: ")) {
        name = line.substring("Package: ".length());
      } else if (line.startsWith("Version: ")) {
        versions.put(name, line.substring("Version: ".length()));
      }
    }
    return versions;
  }

  /**
   * {@return the version of {@code name} that {@code suite} has}
   *
   * @throws PartsUnavailableException if it has none
   */
  String versionIn(String suite, String name) throws PartsUnavailableException {
    String text = query(List.of("apt-cache", "madison", name), "cannot look up " + name, "");
    List<String> versions = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] cells = line.split("\\|", -1);
      boolean has =
          cells.length == MADISON_CELLS
              && List.of(cells[2].strip().split("[ /]", -1)).stream()
                  .anyMatch(word -> word.equals(suite) || word.equals(suite + "-security"));
      if (has) {
        versions.add(cells[1].strip());
      }
    }
    return newest(versions)
        .orElseThrow(
            () -> new PartsUnavailableException("%s has no package %s".formatted(suite, name)));
  }

  /** {@return the newest of {@code versions}, as dpkg orders them} */
  static Optional<String> newest(Collection<String> versions) throws PartsUnavailableException {
    String best = "";
    for (String version : versions) {
      best = best.isEmpty() || isNewer(version, best) ? version : best;
    }
    return best.isEmpty() ? Optional.empty() : Optional.of(best);
  }

  /** dpkg ends with 1 where it is not, and with more where it cannot tell. */
  private static boolean isNewer(String version, String than) throws PartsUnavailableException {
    String script = "dpkg --compare-versions \"$1\" gt \"$2\" && echo newer || [ $? -eq 1 ]";
    try {
      return !Command.run(
              Path.of("/"), QUERY_LIMIT, List.of("sh", "-c", script, "sh", version, than))
          .isBlank();
    } catch (IOException e) {
      throw new PartsUnavailableException("dpkg cannot compare versions: " + Command.inShort(e), e);
    }
  }

  private String query(List<String> argv, String failure, String trouble)
      throws PartsUnavailableException {
    try {
      return Command.run(Path.of("/"), QUERY_LIMIT, environment, argv);
    } catch (IOException e) {
      throw new PartsUnavailableException(failure + ": " + Command.inShort(e) + trouble, e);
    }
  }
}
