// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** Whether there is a QEMU to test with. */
public final class Qemu {
  private static final String PROGRAM = "qemu-system-x86_64";

  private Qemu() {}

  /** Skips the test where QEMU is not installed. */
  public static void assumeInstalled() {
    assumeInstalled(PROGRAM);
  }

  /** Skips the test where {@code program} is not installed. */
  public static void assumeInstalled(String program) {
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    Assumptions.assumeTrue(installed, program + " is not installed");
  }
}
