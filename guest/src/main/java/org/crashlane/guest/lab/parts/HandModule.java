// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Builds the inside hand's kernel module against Debian's headers, which are unpacked in the cache
 * and not installed, with the host's compiler where it serves, and else with the one that the
 * headers ask for.
 */
final class HandModule {
  /** What Debian's 6.1 kernels are built with; older ones take it as well. */
  private static final String COMPILER = "gcc-" + SuiteCompiler.HOSTS_MAJOR;

  /** Which compiler headers depend on: {@code gcc-14}, {@code linux-compiler-gcc-12-x86}. */
  private static final Pattern GCC = Pattern.compile("(?:^|-)gcc-([0-9]+)");

  private static final List<String> COMPILER_PREFIXES = List.of("gcc-", "linux-compiler-gcc-");

  /** Begins the names of headers in the cache. */
  static final String HEADERS_PREFIX = "headers-";

  /** Begins the names of built modules in the cache. */
  static final String ENTRY_PREFIX = "hand-";

  /** In an entry of headers, which compiler of the cache starts its tools. */
  private static final String SERVED_BY = "served-by";

  private static final String FILE = "crashlane_arm.ko";
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);
  private static final long HEADERS_BYTES = 120L << 20;
  private static final long BUILD_BYTES = 16L << 20;

  private HandModule() {}

  /** {@return the module in an entry of the cache, there or not} */
  static Path in(Path entry) {
    return entry.resolve(FILE);
  }

  /** Builds the module in the entry {@code name}. Only while the cache's lock is held. */
  static void make(
      Cache cache,
      String name,
      Kernel kernel,
      KernelSpec spec,
      Path sources,
      Consumer<String> progress)
      throws IOException {
    HostPrograms.ensure(HostPrograms.TO_COMPILE, progress);
    DebianPackages debian = DebianPackages.of(spec, cache, progress);
    Optional<SuiteCompiler> compiler = compiler(cache, kernel, debian, progress);
    Path headers = headers(cache, kernel, debian, compiler);
    String cc = compiler.map(c -> c.gcc().toString()).orElse(COMPILER);
    progress.accept("building the kernel module for " + kernel.release());
    cache.entry(name, BUILD_BYTES, into -> build(headers, cc, sources, into));
  }

  /** {@return the compiler that a kernel's headers ask for, where the host's does not do} */
  private static Optional<SuiteCompiler> compiler(
      Cache cache, Kernel kernel, DebianPackages debian, Consumer<String> progress)
      throws IOException {
    int major = 0;
    for (String prefix : COMPILER_PREFIXES) {
      for (String found : debian.dependencies(headersPackage(kernel), prefix)) {
        Matcher gcc = GCC.matcher(found);
        major = gcc.find() ? Math.max(major, Integer.parseInt(gcc.group(1))) : major;
      }
    }
    return major > SuiteCompiler.HOSTS_MAJOR
        ? Optional.of(SuiteCompiler.get(cache, major, progress))
        : Optional.empty();
  }

  private static String headersPackage(Kernel kernel) {
    return "linux-headers-" + kernel.release();
  }

  private static void build(Path headers, String compiler, Path sources, Path into)
      throws IOException {
    Path build = Files.createDirectory(into.resolve("module-build"));
    for (Path source : sourceFiles(sources)) {
      Files.copy(source, build.resolve(source.getFileName()));
    }
    Command.run(
        build,
        BUILD_LIMIT,
        List.of(
            HostPrograms.path("make").toString(),
            "-C",
            headers.toString(),
            "M=" + build,
            "CC=" + compiler,
            // Types for debuggers take a program that few hosts have.
            "CONFIG_DEBUG_INFO_BTF_MODULES=",
            "modules"));
    Files.move(build.resolve(FILE), into.resolve(FILE));
    Trees.delete(build);
  }

  /** {@return what the module is made from, in a stable order} */
  static List<Path> sourceFiles(Path sources) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(sources, "{*.c,*.h,Makefile,Kbuild}")) {
      for (Path file : all) {
        // Written by an earlier build in the source directory itself.
        if (!file.toString().endsWith(".mod.c")) {
          files.add(file);
        }
      }
    }
    files.sort(null);
    return files;
  }

  /** {@return the name in the cache of the headers that belong to a kernel} */
  static String headersName(String release, String version) {
    return HEADERS_PREFIX + release + "_" + version;
  }

  private static Path headers(
      Cache cache, Kernel kernel, DebianPackages debian, Optional<SuiteCompiler> compiler)
      throws IOException {
    String name = headersPackage(kernel);
    Path tree =
        cache.entry(
            headersName(kernel.release(), kernel.version()),
            HEADERS_BYTES,
            entry -> isServedBy(compiler, entry),
            into -> {
              List<String> packages = new ArrayList<>(List.of(name));
              packages.addAll(debian.dependencies(name, "linux-headers-"));
              packages.addAll(debian.dependencies(name, "linux-kbuild-"));
              debian.unpack(packages, into);
              if (compiler.isPresent()) {
                compiler.get().serve(into.resolve("usr/lib"));
                Files.writeString(into.resolve(SERVED_BY), compiler.get().name());
              }
              includeFromBeside(into.resolve("usr/src").resolve(name).resolve("Makefile"));
            });
    return tree.resolve("usr/src").resolve(name);
  }

  /** Tools of the build are started with the compiler's libraries, which must still be there. */
  private static boolean isServedBy(Optional<SuiteCompiler> compiler, Path entry)
      throws IOException {
    Path note = entry.resolve(SERVED_BY);
    return compiler.isEmpty()
        || (Files.exists(note) && Files.readString(note).equals(compiler.get().name()));
  }

  /**
   * The package's Makefile includes the common one by its installed path. It is to be found beside
   * it wherever the cache is, also after the cache was moved.
   */
  static void includeFromBeside(Path makefile) throws IOException {
    String text = Files.readString(makefile);
    Files.writeString(
        makefile, text.replace("/usr/src/", "$(dir $(lastword $(MAKEFILE_LIST)))../"));
  }
}
