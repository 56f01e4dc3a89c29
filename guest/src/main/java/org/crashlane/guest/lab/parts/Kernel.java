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
import java.util.TreeMap;

/**
 * A kernel in the cache: its image, and the modules that disks need, pruned from what it came in (a
 * package of Debian's takes some 400 MB unpacked).
 *
 * @param release as {@code uname -r} gives it
 * @param version of the package; of a kernel that came in none, what tells it from others
 * @param directory holds {@code vmlinuz}, {@code modules/} and {@code disk-modules}
 */
record Kernel(String release, String version, Path directory) {
  private static final Duration DEPMOD_LIMIT = Duration.ofMinutes(2);

  /** Begins the names of kernels in the cache. */
  static final String ENTRY_PREFIX = "kernel-";

  /** By the end of a module's name: what expands it, and the package that brings that. */
  private static final Map<String, Map.Entry<String, String>> EXPANDERS =
      Map.of(
          "xz", Map.entry("xz", "xz-utils"),
          "zst", Map.entry("zstd", "zstd"),
          "gz", Map.entry("gzip", "gzip"));

  /** The drivers that a guest's disks and its network card may need. */
  private static final List<String> DISK_DRIVERS =
      List.of(
          "nvme",
          "ahci",
          "sd_mod",
          "virtio_pci",
          "virtio_blk",
          "megaraid_sas",
          "mptsas",
          "e1000e",
          "vfio-pci",
          "vfio_iommu_type1");

  private static final String DISK_MODULES = "disk-modules";

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
    return diskModules(directory);
  }

  /**
   * {@return true if the entry was made with a look at {@code drivers}: it has those that are
   * modules} One that came without any modules has all that it ever will.
   */
  static boolean serves(Path entry, Set<String> drivers) throws IOException {
    Set<String> known = diskModules(entry).keySet();
    return known.isEmpty() || known.containsAll(drivers);
  }

  private static Map<String, List<String>> diskModules(Path entry) throws IOException {
    Map<String, List<String>> modules = new TreeMap<>();
    for (String line : Files.readAllLines(entry.resolve(DISK_MODULES))) {
      List<String> words = List.of(line.split(" ", -1));
      modules.put(words.getFirst(), words.subList(1, words.size()));
    }
    return modules;
  }

  /**
   * Keeps what the lab needs of a kernel and its modules.
   *
   * @param image what is booted
   * @param tree holds {@code lib/modules/RELEASE}, or is empty where all is built in
   * @param into the cache's entry
   */
  static void keep(Path image, Optional<Path> tree, String release, Path into) throws IOException {
    Files.copy(image, into.resolve("vmlinuz"));
    Path modules = Files.createDirectory(into.resolve("modules"));
    List<String> lines = new ArrayList<>();
    if (tree.isPresent()) {
      // A package leaves modules.dep to the machine it is installed on.
      Command.run(
          into,
          DEPMOD_LIMIT,
          List.of(HostPrograms.path("depmod").toString(), "-b", tree.get().toString(), release));
      Path root = tree.get().resolve("lib/modules").resolve(release);
      ModuleDependencies dependencies =
          ModuleDependencies.parse(Files.readString(root.resolve("modules.dep")));
      for (String driver : DISK_DRIVERS) {
        List<String> names = new ArrayList<>(List.of(driver));
        for (String path : dependencies.loadOrder(driver)) {
          names.add(keepModule(root.resolve(path), modules));
        }
        lines.add(String.join(" ", names));
      }
    }
    Files.write(into.resolve(DISK_MODULES), lines);
  }

  /** Copies a module, and {@return its name there}; what is compressed the guest cannot load. */
  private static String keepModule(Path module, Path into) throws IOException {
    String name = module.getFileName().toString();
    String plain = name.replaceFirst("\\.(xz|zst|gz)$", "");
    Path kept = into.resolve(plain);
    if (!Files.exists(kept)) {
      Files.copy(module, into.resolve(name));
      if (!name.equals(plain)) {
        expand(into.resolve(name));
      }
    }
    return plain;
  }

  private static void expand(Path file) throws IOException {
    String name = file.getFileName().toString();
    Map.Entry<String, String> program = EXPANDERS.get(name.substring(name.lastIndexOf('.') + 1));
    HostPrograms.ensure(Map.ofEntries(program), _ -> {});
    Command.run(
        file.getParent(),
        DEPMOD_LIMIT,
        List.of(HostPrograms.path(program.getKey()).toString(), "-d", file.toString()));
    Files.deleteIfExists(file);
  }
}
