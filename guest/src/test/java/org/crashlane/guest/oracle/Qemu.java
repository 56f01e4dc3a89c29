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
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM)));
    Assumptions.assumeTrue(installed, PROGRAM + " is not installed");
  }
}
