// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.junit.jupiter.api.Assumptions;

/** The lab's parts for tests. */
final class TestParts {
  private static final Path MODULE_SOURCES = Path.of("../host/module").toAbsolutePath().normalize();

  private TestParts() {}

  /** {@return the parts; where they cannot be had the test is skipped with the reason} */
  static LabParts orSkip() throws IOException {
    return orSkip(Set.of(LabKernel.ofHost(KernelFlavour.CLOUD)));
  }

  /** {@return the parts with those kernels; where they cannot be had the test is skipped} */
  static LabParts orSkip(Set<LabKernel> kernels) throws IOException {
    return orSkip(kernels, Set.of());
  }

  /** {@return the same, with modules of those drivers} */
  static LabParts orSkip(Set<LabKernel> kernels, Set<String> drivers) throws IOException {
    try {
      return Parts.inUsersCache(step -> {})
          .prepare(kernels, drivers, Optional.of(MODULE_SOURCES).filter(Files::exists));
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
  }
}
