// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The programs of the host that the lab uses. Missing ones are installed by {@code apt-get}, as
 * root or through {@code sudo} where that asks nothing; what is installed is said in one line.
 */
final class HostPrograms {
  private static final Duration INSTALL_LIMIT = Duration.ofMinutes(10);
  private static final Duration QUESTION_LIMIT = Duration.ofSeconds(20);
  private static final List<Path> MORE_PLACES =
      List.of(Path.of("/usr/sbin"), Path.of("/sbin"), Path.of("/usr/local/sbin"));

  /** What runs the guests, unless another is named. */
  static final Map<String, String> QEMU = Map.of("qemu-system-x86_64", "qemu-system-x86");

  /** Further programs that every run needs, to the Debian packages that bring them. */
  static final Map<String, String> TO_RUN =
      Map.of(
          "busybox", "busybox-static",
          "kexec", "kexec-tools",
          "makedumpfile", "makedumpfile");

  /** Programs that a kernel package is prepared with. */
  static final Map<String, String> TO_UNPACK = Map.of("depmod", "kmod");

  /** Programs that the kernel module is built with. */
  static final Map<String, String> TO_COMPILE = Map.of("gcc-12", "gcc-12", "make", "make");

  private HostPrograms() {}

  /** {@return the program's path} Only names that {@link #ensure} has seen. */
  static Path path(String program) throws PartsUnavailableException {
    return find(program)
        .orElseThrow(
            () -> new PartsUnavailableException("no program '" + program + "' on this machine"));
  }

  /** Makes sure that {@code programs} are there, given with the packages that bring them. */
  static void ensure(Map<String, String> programs, Consumer<String> progress)
      throws PartsUnavailableException {
    Set<String> missing = new TreeSet<>();
    programs.forEach((program, debianPackage) -> {
      if (find(program).isEmpty()) {
        missing.add(debianPackage);
      }
    });
    if (!missing.isEmpty()) {
      install(missing, progress);
    }
  }

  private static void install(Set<String> packages, Consumer<String> progress)
      throws PartsUnavailableException {
    String names = String.join(" ", packages);
    List<String> argv = new ArrayList<>(asRoot("missing " + names, "install " + names));
    progress.accept("installing " + names);
    argv.addAll(
        List.of(
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends"));
    argv.addAll(packages);
    String trouble = "";
    try {
      try {
        Command.run(Path.of("/"), INSTALL_LIMIT, argv);
      } catch (Command.FailedException listsMayBeOld) {
        trouble = updateLists(progress);
        Command.run(Path.of("/"), INSTALL_LIMIT, argv);
      }
    } catch (IOException e) {
      throw new PartsUnavailableException(
          "cannot install %s: %s%s".formatted(names, Command.inShort(e), trouble), e);
    }
  }

  /**
   * Renews apt's lists of packages, as root.
   *
   * @return what went wrong, to be put behind the reason of what fails for it; nothing went wrong
   *     where it is empty. A list that cannot be renewed may still serve.
   */
  static String updateLists(Consumer<String> progress) throws PartsUnavailableException {
    List<String> argv = new ArrayList<>(asRoot("apt's lists of packages are missing", "update"));
    // Without the option a mirror that cannot be reached is a success.
    argv.addAll(List.of("apt-get", "update", "--quiet", "--option", "APT::Update::Error-Mode=any"));
    progress.accept("renewing the lists of packages (apt-get update)");
    try {
      Command.run(Path.of("/"), INSTALL_LIMIT, argv);
      return "";
    } catch (IOException e) {
      return "; the lists of packages could not be renewed: " + Command.inShort(e);
    }
  }

  private static List<String> asRoot(String missing, String toDo) throws PartsUnavailableException {
    if (find("apt-get").isEmpty()) {
      throw new PartsUnavailableException(
          missing
              + ", and this machine has no apt-get: the lab needs Debian's packages, such as a"
              + " Debian 12 machine or container has");
    }
    if (isRoot()) {
      return List.of();
    }
    try {
      Command.run(Path.of("/"), QUESTION_LIMIT, List.of("sudo", "--non-interactive", "true"));
    } catch (IOException e) {
      throw new PartsUnavailableException(
          missing + ", and neither root nor sudo: run as root: apt-get " + toDo, e);
    }
    return List.of("sudo", "--non-interactive");
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException noProc) {
      return "root".equals(System.getProperty("user.name"));
    }
  }

  private static Optional<Path> find(String program) {
    List<Path> places = new ArrayList<>();
    for (String place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!place.isEmpty()) {
        places.add(Path.of(place));
      }
    }
    places.addAll(MORE_PLACES);
    return places.stream().map(p -> p.resolve(program)).filter(Files::isExecutable).findFirst();
  }
}
