// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A QEMU of Debian's that the host does not have, with all that it needs, firmware included,
 * unpacked in the cache.
 */
final class SuiteQemu {
  private static final String PACKAGE = "qemu-system-x86";
  private static final String PROGRAM = "qemu-system-x86_64";
  private static final String ENTRY_PREFIX = "qemu-";

  /** 36 MB of packages, 160 MB unpacked. */
  private static final long BYTES = 250L << 20;

  private static final Duration KEPT_UNUSED = Duration.ofDays(1);

  private SuiteQemu() {}

  /** {@return the program that starts the QEMU of {@code suite}} */
  static Path get(Cache cache, String suite, Consumer<String> progress) throws IOException {
    return cache.locked(() -> {
      DebianPackages debian = DebianPackages.ofSuites(cache, progress);
      String version = debian.versionIn(suite, PACKAGE);
      // A colon, as in the epoch of this package, would part the loader's directories.
      String name = ENTRY_PREFIX + version.replace(':', '_');
      Path entry =
          cache.entry(
              name,
              BYTES,
              into -> {
                debian.unpack(debian.withDependencies(suite, PACKAGE), into);
                writeStarter(into);
              });
      Instant now = Instant.now();
      cache.touch(name, now);
      cache.prune(Set.of(ENTRY_PREFIX), Set.of(name), now.minus(KEPT_UNUSED));
      return starter(entry);
    });
  }

  private static Path starter(Path entry) {
    return entry.resolve("start").resolve(PROGRAM);
  }

  /** QEMU looks for firmware and for its own modules where it would be installed. */
  private static void writeStarter(Path directory) throws IOException {
    Path starter = starter(directory);
    Files.createDirectory(starter.getParent());
    new Starters(directory)
        .write(
            starter,
            directory.resolve("usr/bin").resolve(PROGRAM),
            false,
            new Starters.Arguments(
                "QEMU_MODULE_DIR=\"$here/../usr/lib/" + Starters.TRIPLET + "/qemu\"",
                "-L \"$here/../usr/share/qemu\" -L \"$here/../usr/share/seabios\""
                    + " -L \"$here/../usr/lib/ipxe/qemu\""));
  }
}
