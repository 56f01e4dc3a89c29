// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Debian's suites, as apt knows them by a configuration of the lab's own: the host's apt is neither
 * changed nor asked, but for where its mirrors are, and no root is needed.
 */
final class Suites {
  /** The suites, from the oldest, whose kernels and QEMUs the lab has. */
  static final List<String> NAMES =
      List.of("bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid");

  private static final List<String> WITH_SECURITY = List.of("bullseye", "bookworm", "trixie");
  private static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");
  private static final Path HOSTS_APT = Path.of("/etc/apt");
  private static final Pattern URI = Pattern.compile("\\b(?:https?|file|ftp)://[^\\s\\]]+");

  /** More than a suite has that is not asked for, and less than what takes packages back. */
  private static final int PREFERRED = 990;

  private static final Duration UPDATE_LIMIT = Duration.ofMinutes(10);

  /** How old the lists may get. */
  private static final Duration LISTS_AGE_MAX = Duration.ofDays(1);

  private Suites() {}

  /**
   * {@return the file that apt is to take for its configuration, with lists that are a day old at
   * most} Only while the cache's lock is held.
   */
  static Path configuration(Cache cache, Consumer<String> progress) throws IOException {
    Path stamp = stamp(cache);
    Path directory = Files.createDirectories(stamp.getParent());
    Path file = directory.resolve("apt.conf");
    if (isFresh(stamp)) {
      return file;
    }
    for (String part : List.of("lists/partial", "archives/partial")) {
      Files.createDirectories(directory.resolve(part));
    }
    Files.writeString(directory.resolve("sources.list"), sources(mirrors()));
    Files.writeString(directory.resolve("status"), "");
    Files.writeString(file, settings(directory));
    progress.accept("reading what kernels Debian has (apt-get update, for the lab alone)");
    try {
      Command.run(
          directory,
          UPDATE_LIMIT,
          Map.of("APT_CONFIG", file.toString()),
          List.of("apt-get", "update", "--quiet", "--option", "APT::Update::Error-Mode=any"));
    } catch (IOException e) {
      if (!Files.exists(stamp)) {
        throw new PartsUnavailableException(
            "Debian's lists of packages cannot be had: " + Command.inShort(e), e);
      }
      progress.accept("Debian's lists are old, and cannot be renewed: " + Command.inShort(e));
      return file;
    }
    Files.writeString(stamp, "");
    Files.setLastModifiedTime(stamp, FileTime.from(Instant.now()));
    return file;
  }

  /** {@return the file whose time is when the lists were renewed} */
  static Path stamp(Cache cache) {
    return cache.path("apt").resolve("updated");
  }

  private static boolean isFresh(Path stamp) throws IOException {
    return Files.exists(stamp)
        && Files.getLastModifiedTime(stamp).toInstant().isAfter(Instant.now().minus(LISTS_AGE_MAX));
  }

  /** {@return apt's settings: everything that it reads or writes is in {@code directory}} */
  private static String settings(Path directory) {
    return """
    Dir::Etc::sourcelist "%1$s/sources.list";
    Dir::Etc::sourceparts "-";
    Dir::Etc::preferences "-";
    Dir::Etc::preferencesparts "-";
    Dir::State "%1$s";
    Dir::State::status "%1$s/status";
    Dir::State::lists "%1$s/lists";
    Dir::Cache "%1$s";
    Dir::Cache::archives "%1$s/archives";
    Acquire::Languages "none";
    """
        .formatted(directory);
  }

  /** {@return apt's sources, by the mirror of Debian and that of its security updates} */
  static String sources(List<String> mirrors) {
    List<String> lines = new ArrayList<>();
    for (String name : NAMES) {
      lines.add(source(mirrors.getFirst(), name));
    }
    for (String name : WITH_SECURITY) {
      lines.add(source(mirrors.getLast(), name + "-security"));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String source(String mirror, String suite) {
    return "deb [signed-by=%s] %s %s main".formatted(KEYRING, mirror, suite);
  }

  /**
   * {@return apt's preferences by which packages are those of {@code suite}, and what it lacks
   * comes from the suite that it adds to}
   */
  static String preferring(String suite) {
    String base = suite.replace("-backports", "");
    return Stream.of(suite, suite + "-security", base, base + "-security")
        .distinct()
        .map(name ->
            "Package: *\nPin: release n=%s\nPin-Priority: %d\n"
                .formatted(name, name.startsWith(suite) ? PREFERRED : PREFERRED - 1))
        .collect(Collectors.joining("\n"));
  }

  /** {@return where the host gets Debian from, and its security updates} */
  private static List<String> mirrors() throws IOException {
    String main = "";
    String security = "";
    for (Path file : sourceFiles()) {
      Matcher uris = URI.matcher(Files.readString(file).replaceAll("(?m)^\\s*#.*", ""));
      while (uris.find()) {
        String uri = uris.group().replaceAll("/+$", "");
        if (uri.endsWith("debian-security") && security.isEmpty()) {
          security = uri;
        } else if (uri.endsWith("/debian") && main.isEmpty()) {
          main = uri;
        }
      }
    }
    if (main.isEmpty()) {
      throw new PartsUnavailableException(
          HOSTS_APT + ": no source there is a mirror of Debian's, and kernels come from one");
    }
    return List.of(main, security.isEmpty() ? main + "-security" : security);
  }

  private static List<Path> sourceFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    Path one = HOSTS_APT.resolve("sources.list");
    if (Files.isReadable(one)) {
      files.add(one);
    }
    Path parts = HOSTS_APT.resolve("sources.list.d");
    if (Files.isDirectory(parts)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(parts, "*.{list,sources}")) {
        all.forEach(files::add);
      }
    }
    files.sort(null);
    return files;
  }
}
