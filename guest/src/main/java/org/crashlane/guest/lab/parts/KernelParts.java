// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A kernel and the system for it.
 *
 * @param release as {@code uname -r} gives it
 * @param packageVersion the version of its package
 * @param image what is booted
 * @param systemArchive the gzip-compressed cpio archive with the programs, the kernel's disk
 *     modules and {@code /init}; the same for both roles
 * @param diskModules driver name to the files under {@code /modules} of the archive, in the order
 *     to load them; a driver built into the kernel has none
 * @param handModule the inside hand's kernel module, built for this kernel, if its sources were
 *     given and it could be built
 */
public record KernelParts(
    String release,
    String packageVersion,
    Path image,
    Path systemArchive,
    Map<String, List<String>> diskModules,
    Optional<Path> handModule) {

  public KernelParts {
    diskModules = Map.copyOf(diskModules);
  }

  /** {@return the module files to load for {@code driver}, in order; none if it is built in} */
  public List<String> modulesFor(String driver) {
    return diskModules.getOrDefault(driver, List.of());
  }

  /** {@return the same with the inside hand's module} */
  KernelParts withHandModule(Path module) {
    return new KernelParts(
        release, packageVersion, image, systemArchive, diskModules, Optional.of(module));
  }
}
