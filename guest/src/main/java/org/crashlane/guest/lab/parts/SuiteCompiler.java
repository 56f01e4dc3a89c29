// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A compiler of Debian's that the host does not have, with the libraries it needs, unpacked in the
 * cache.
 */
final class SuiteCompiler {
  /** The newest compiler that the host's own libraries serve. */
  static final int HOSTS_MAJOR = 12;

  private static final String ENTRY_PREFIX = "gcc-";
  private static final long BYTES = 350L << 20;
  private static final Duration KEPT_UNUSED = Duration.ofDays(1);
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  /** What compiler and tools of the kernel's build are linked with. */
  private static final List<String> LIBRARIES =
      List.of(
          "libc6",
          "libelf1t64",
          "libgcc-s1",
          "libgmp10",
          "libisl23",
          "libmpc3",
          "libmpfr6",
          "libstdc++6",
          "libzstd1",
          "zlib1g");

  /** Its assembler: gcc-15 and later write directives that older ones do not know. */
  private static final List<String> ASSEMBLER = List.of("binutils-x86-64-linux-gnu", "libbinutils");

  private final Path directory;
  private final int major;

  private SuiteCompiler(Path directory, int major) {
    this.directory = directory;
    this.major = major;
  }

  /** {@return gcc of that major version, in the cache} Only while the cache's lock is held. */
  static SuiteCompiler get(Cache cache, int major, Consumer<String> progress) throws IOException {
    DebianPackages debian = DebianPackages.ofSuites(cache, progress);
    List<String> packages = new ArrayList<>();
    for (String part :
        List.of("gcc-%d-x86-64-linux-gnu", "cpp-%d-x86-64-linux-gnu", "libgcc-%d-dev")) {
      packages.add(part.formatted(major));
    }
    packages.addAll(LIBRARIES);
    packages.addAll(ASSEMBLER);
    packages.addAll(debian.dependencies(ASSEMBLER.getLast(), "libsframe"));
    String version = debian.candidateVersion(packages.getFirst());
    String name = ENTRY_PREFIX + version + "-as";
    Path directory =
        cache.entry(
            name,
            BYTES,
            into -> {
              debian.unpack(packages, into);
              new SuiteCompiler(into, major).writeStarters();
            });
    Instant now = Instant.now();
    cache.touch(name, now);
    cache.prune(Set.of(ENTRY_PREFIX), Set.of(name), now.minus(KEPT_UNUSED));
    return new SuiteCompiler(directory, major);
  }

  /** {@return its name in the cache} */
  String name() {
    return directory.getFileName().toString();
  }

  /** {@return the program to compile with} */
  Path gcc() {
    return directory.resolve("start").resolve("gcc");
  }

  private void writeStarters() throws IOException {
    Path starters = Files.createDirectory(directory.resolve("start"));
    Path real = directory.resolve("usr/bin").resolve(Starters.TRIPLET + "-gcc-" + major);
    Path cc1 =
        directory.resolve("usr/libexec/gcc").resolve(Starters.TRIPLET).resolve(major + "/cc1");
    // The driver finds the others from its own name, but for those that are found here before.
    Starters loader = new Starters(directory);
    loader.write(starters.resolve("gcc"), real, true, new Starters.Arguments("", "-B\"$here\""));
    loader.write(starters.resolve("cc1"), cc1, false, Starters.Arguments.NONE);
    Path as = directory.resolve("usr/bin").resolve(Starters.TRIPLET + "-as");
    loader.write(starters.resolve("as"), as, false, Starters.Arguments.NONE);
  }

  /**
   * Lets each program below {@code tree}, which the host's loader may not be able to start, be
   * started by this compiler's.
   *
   * @param tree in an entry of the same cache
   */
  void serve(Path tree) throws IOException {
    List<Path> programs = new ArrayList<>();
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isRegularFile() && Files.isExecutable(file) && isElf(file)) {
              programs.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    Starters loader = new Starters(directory);
    for (Path program : programs) {
      Path real = program.resolveSibling(program.getFileName() + ".elf");
      Files.move(program, real);
      loader.write(program, real, false, Starters.Arguments.NONE);
    }
  }

  private static boolean isElf(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(ELF.length), ELF);
    }
  }
}
