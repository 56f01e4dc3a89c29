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
 * Builds the inside hand's kernel module with the host's compiler against Debian's headers, which
 * are unpacked in the cache and not installed.
 */
final class HandModule {
  /** What Debian's 6.1 kernels are built with; a module wants the same. */
  private static final String COMPILER = "gcc-12";

  /** Begins the names of headers in the cache. */
  static final String HEADERS_PREFIX = "headers-";

  private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);

  private HandModule() {}

  /** {@return the built module, in {@code into}} */
  static Path build(Cache cache, Kernel kernel, Path sources, Path into, Consumer<String> progress)
      throws IOException, PartsUnavailableException {
    Path headers = headers(cache, kernel, progress);
    progress.accept("building the kernel module for " + kernel.release());
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
            "CC=" + COMPILER,
            "modules"));
    Path module = into.resolve("crashlane_arm.ko");
    Files.move(build.resolve("crashlane_arm.ko"), module);
    Trees.delete(build);
    return module;
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

  private static Path headers(Cache cache, Kernel kernel, Consumer<String> progress)
      throws IOException, PartsUnavailableException {
    String name = "linux-headers-" + kernel.release();
    Path tree =
        cache.entry(
            headersName(kernel.release(), kernel.version()),
            into -> {
              List<String> packages = new ArrayList<>(List.of(name));
              packages.addAll(DebianPackages.dependencies(name, "linux-headers-", progress));
              packages.addAll(DebianPackages.dependencies(name, "linux-kbuild-", progress));
              DebianPackages.unpack(packages, into, progress);
              useFrom(
                  cache.path(headersName(kernel.release(), kernel.version())),
                  into.resolve("usr/src").resolve(name));
            });
    return tree.resolve("usr/src").resolve(name);
  }

  /** The package's Makefile includes the common one by its installed path. */
  private static void useFrom(Path finalTree, Path headers) throws IOException {
    Path makefile = headers.resolve("Makefile");
    String text = Files.readString(makefile);
    Files.writeString(makefile, text.replace("/usr/src/", finalTree + "/usr/src/"));
  }
}
