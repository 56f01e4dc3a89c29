// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.nio.file.Path;
import java.util.Map;

/**
 * What the lab boots, ready in the cache.
 *
 * @param qemu the host's QEMU
 * @param kernels those that were prepared
 */
public record LabParts(Path qemu, Map<LabKernel, KernelParts> kernels) {

  public LabParts {
    kernels = Map.copyOf(kernels);
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
