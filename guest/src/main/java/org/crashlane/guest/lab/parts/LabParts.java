// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the lab boots, ready in the cache.
 *
 * @param qemu what runs the guests
 * @param kernels those that were prepared
 */
public record LabParts(Qemu qemu, Map<LabKernel, KernelParts> kernels) {

  public LabParts {
    kernels = Map.copyOf(kernels);
  }

  /**
   * {@return where the host has {@code program}, and then the libraries that it needs}
   *
   * @throws PartsUnavailableException if this machine does not have it
   */
  public List<Path> withLibraries(String program) throws IOException {
    Path path = HostPrograms.path(program);
    List<Path> files = new ArrayList<>(List.of(path));
    files.addAll(SharedLibraries.of(path));
    return files;
  }

  /**
   * {@return a kernel with its system}
   *
   * @throws IllegalArgumentException if it was not prepared
   */
  public KernelParts kernel(LabKernel which) {
    KernelParts kernel = kernels.get(which);
    if (kernel == null) {
      throw new IllegalArgumentException("the " + which.label() + " kernel was not prepared");
    }
    return kernel;
  }
}
