// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Scripts that start programs of unpacked packages by the loader that was unpacked with them, so
 * that neither the host's libraries nor root, nor a root directory of their own, are asked for.
 */
final class Starters {
  /** Debian's name of the machine, as directories of libraries have it. */
  static final String TRIPLET = "x86_64-linux-gnu";

  private static final String LOADER = "ld-linux-x86-64.so.2";

  /** Debian 12 and older have the loader, and what belongs to it, in the second one. */
  private static final List<String> LIBRARIES = List.of("usr/lib/" + TRIPLET, "lib/" + TRIPLET);

  private final Path root;

  /** Programs start with the libraries that are unpacked in {@code root}. */
  Starters(Path root) {
    this.root = root;
  }

  /**
   * Writes a script. Paths in it are relative: the cache may be moved, and an entry is renamed when
   * it is whole.
   *
   * @param starter the script
   * @param program what it starts, below the same cache
   * @param asItself true if the program is to see its own path as its name, not the script's
   * @param more arguments in front of the user's, and before them settings of the environment, all
   *     in the shell's words; {@code $here} is where the script is
   */
  void write(Path starter, Path program, boolean asItself, Arguments more) throws IOException {
    Path from = starter.getParent();
    List<String> libraries = new ArrayList<>();
    String loader = "";
    for (String name : LIBRARIES) {
      Path directory = root.resolve(name);
      if (Files.isDirectory(directory)) {
        libraries.add("$here/" + from.relativize(directory));
        if (Files.exists(directory.resolve(LOADER))) {
          loader = libraries.getLast() + "/" + LOADER;
        }
      }
    }
    if (loader.isEmpty()) {
      throw new PartsUnavailableException(root + ": the packages there have no " + LOADER);
    }
    String real = "\"$here/%s\"".formatted(from.relativize(program));
    Files.writeString(
        starter,
        """
        #!/bin/sh
        here=$(dirname "$(readlink -f "$0")")
        %sexec "%s" --library-path "%s" --argv0 %s %s %s "$@"
        """
            .formatted(
                more.environment().isEmpty() ? "" : "export " + more.environment() + "\n",
                loader,
                String.join(":", libraries),
                asItself ? real : "\"$0\"",
                real,
                more.arguments()));
    Files.setPosixFilePermissions(starter, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /**
   * What a script adds.
   *
   * @param environment assignments
   * @param arguments in front of the user's
   */
  record Arguments(String environment, String arguments) {
    static final Arguments NONE = new Arguments("", "");
  }
}
