// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.crashlane.guest.UserDirectory;
import org.junit.jupiter.api.Assumptions;

/** Drivers that the lab's guests do without, out of the package of the kernel that they boot. */
public final class MoreModules {
  private static final long UNPACKED_BYTES = 600L << 20;

  private MoreModules() {}

  /** {@return the files to load, in order; where they cannot be had the test is skipped} */
  public static List<Path> orSkip(KernelParts kernel, String driver) throws IOException {
    try {
      Cache cache = Cache.in(UserDirectory.CACHE.ofProcess());
      String name = "more-" + kernel.release() + "_" + kernel.packageVersion() + "_" + driver;
      Path entry =
          cache.locked(() ->
              cache.entry(name, UNPACKED_BYTES, into -> build(kernel.release(), driver, into)));
      return Files.readAllLines(entry.resolve("order")).stream().map(entry::resolve).toList();
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
  }

  private static void build(String release, String driver, Path into) throws IOException {
    Path tree = Files.createDirectory(into.resolve("tree"));
    DebianPackages.ofHost(_ -> {}).unpack(List.of("linux-image-" + release), tree);
    Command.run(
        into,
        Duration.ofMinutes(2),
        List.of(HostPrograms.path("depmod").toString(), "-b", tree.toString(), release));
    Path root = tree.resolve("lib/modules").resolve(release);
    List<Path> order =
        ModuleDependencies.parse(Files.readString(root.resolve("modules.dep")))
            .loadOrder(driver)
            .stream()
            .map(root::resolve)
            .toList();
    for (Path module : order) {
      Files.copy(module, into.resolve(module.getFileName()));
    }
    Files.write(
        into.resolve("order"), order.stream().map(m -> m.getFileName().toString()).toList());
    Trees.delete(tree);
  }
}
