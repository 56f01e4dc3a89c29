// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A Debian kernel in the cache: its image, and the modules that disks need, pruned from the package
 * (which takes some 400 MB unpacked).
 *
 * @param release as {@code uname -r} gives it
 * @param version of the package
 * @param directory holds {@code vmlinuz}, {@code modules/} and {@code disk-modules}
 */
record Kernel(String release, String version, Path directory) {
  private static final Duration DEPMOD_LIMIT = Duration.ofMinutes(2);

  /** Begins the names of kernels in the cache. */
  static final String ENTRY_PREFIX = "kernel-";

  private static final String IMAGE_PREFIX = "linux-image-";

  /** The drivers that a dump's disk may need. */
  private static final List<String> DISK_DRIVERS = List.of("nvme", "ahci", "sd_mod");

  /** {@return the newest kernel of {@code flavour} that apt knows, in the cache} */
  static Kernel newest(Cache cache, KernelFlavour flavour, Consumer<String> progress)
      throws IOException {
    String meta = flavour.metaPackage();
    String image =
        DebianPackages.dependencies(meta, IMAGE_PREFIX, progress).stream()
            .findFirst()
            .orElseThrow(
                () -> new PartsUnavailableException("package " + meta + " names no kernel"));
    String release = image.substring(IMAGE_PREFIX.length());
    String version = DebianPackages.candidateVersion(image);
    Path directory =
        cache.entry(
            entryName(release, version),
            flavour.unpackingBytes(),
            into -> build(image, release, into, progress));
    return new Kernel(release, version, directory);
  }

  /** {@return the kernel's name in the cache} */
  static String entryName(String release, String version) {
    return ENTRY_PREFIX + release + "_" + version;
  }

  Path image() {
    return directory.resolve("vmlinuz");
  }

  Path moduleFile(String name) {
    return directory.resolve("modules").resolve(name);
  }

  /** {@return driver to the names of its module files, in load order} */
  Map<String, List<String>> diskModules() throws IOException {
    Map<String, List<String>> modules = new TreeMap<>();
    for (String line : Files.readAllLines(directory.resolve("disk-modules"))) {
      List<String> words = List.of(line.split(" "));
      modules.put(words.getFirst(), words.subList(1, words.size()));
    }
    return modules;
  }

  private static void build(String image, String release, Path into, Consumer<String> progress)
      throws IOException {
    Path tree = Files.createDirectory(into.resolve("tree"));
    DebianPackages.unpack(List.of(image), tree, progress);
    Files.move(tree.resolve("boot/vmlinuz-" + release), into.resolve("vmlinuz"));
    Path modules = Files.createDirectory(into.resolve("modules"));
    // The package leaves modules.dep to the machine it is installed on.
    Command.run(
        into,
        DEPMOD_LIMIT,
        List.of(HostPrograms.path("depmod").toString(), "-b", tree.toString(), release));
    Path root = tree.resolve("lib/modules").resolve(release);
    ModuleDependencies dependencies =
        ModuleDependencies.parse(Files.readString(root.resolve("modules.dep")));
    List<String> lines = new ArrayList<>();
    for (String driver : DISK_DRIVERS) {
      StringBuilder line = new StringBuilder(driver);
      for (String path : dependencies.loadOrder(driver)) {
        Path file = root.resolve(path);
        Path kept = modules.resolve(file.getFileName());
        if (!Files.exists(kept)) {
          Files.copy(file, kept);
        }
        line.append(' ').append(file.getFileName());
      }
      lines.add(line.toString());
    }
    Files.write(into.resolve("disk-modules"), lines);
    Trees.delete(tree);
  }
}
